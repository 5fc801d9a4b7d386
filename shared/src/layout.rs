//! What a project consists of: data, read from `layouts/*.json` when the crate is built.

include!(concat!(env!("OUT_DIR"), "/layouts.rs"));

/// The folders and files of a new project.
#[derive(Debug)]
pub struct Layout {
    /// Every folder, parents before children, relative to the project, separated by `/`.
    pub directories: &'static [&'static str],
    /// Every file.
    pub files: &'static [LayoutFile],
}

/// A file of a [`Layout`].
#[derive(Debug)]
pub struct LayoutFile {
    /// Relative to the project, separated by `/`.
    pub path: &'static str,
    /// The file's text up to the project's name and from there on.
    pub text: (&'static str, &'static str),
}

impl LayoutFile {
    /// The file's text in the project `name`.
    pub fn render(&self, name: &crate::ProjectName) -> String {
        [self.text.0, name.as_str(), self.text.1].concat()
    }
}

/// A stage of the pipeline: a numbered folder at the top of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// The folder, for example `0_input`.
    pub folder: &'static str,
    /// Its name without the number, for example `input`.
    pub name: &'static str,
}

/// Where a project keeps its configuration, relative to the project.
pub const CONFIG_PATH: &str = "pipeline/config.json";

/// The folder of [`CONFIG_PATH`].
pub const CONFIG_FOLDER: &str = "pipeline";

/// The file of [`CONFIG_PATH`].
pub const CONFIG_FILE: &str = "config.json";

/// The key of the configuration that holds the project's name.
pub const CONFIG_NAME_KEY: &str = "project_name";

/// How the name of every entry begins that is not finished yet, or was left behind unfinished.
pub const STAGING_PREFIX: &str = ".podslate-tmp-";

/// The pipeline's stages in their order.
pub const STAGES: [Stage; 5] = [
    Stage {
        folder: "0_input",
        name: "input",
    },
    Stage {
        folder: "1_textures",
        name: "textures",
    },
    Stage {
        folder: "2_rig",
        name: "rig",
    },
    Stage {
        folder: "3_animation",
        name: "animation",
    },
    Stage {
        folder: "4_export",
        name: "export",
    },
];
