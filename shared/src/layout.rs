//! Layout of a project, generated from `layouts/*.json` at build time.

include!(concat!(env!("OUT_DIR"), "/layouts.rs"));

/// Folders and files of a new project.
#[derive(Debug)]
pub struct Layout {
    /// Folders, parents before children. Paths are relative to the project and separated by `/`.
    pub directories: &'static [&'static str],
    /// Files.
    pub files: &'static [LayoutFile],
}

/// File of a [`Layout`].
#[derive(Debug)]
pub struct LayoutFile {
    /// Path relative to the project, separated by `/`.
    pub path: &'static str,
    /// Text before and after the project's name.
    pub text: (&'static str, &'static str),
}

impl LayoutFile {
    /// Text of the file in the project `name`.
    pub fn render(&self, name: &crate::ProjectName) -> String {
        [self.text.0, name.as_str(), self.text.1].concat()
    }
}

/// Stage of the pipeline: a numbered folder at the top of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Folder, for example `0_input`.
    pub folder: &'static str,
    /// Name without the number, for example `input`.
    pub name: &'static str,
}

/// Configuration file, relative to the project.
pub const CONFIG_PATH: &str = "pipeline/config.json";

/// Folder of [`CONFIG_PATH`].
pub const CONFIG_FOLDER: &str = "pipeline";

/// File name of [`CONFIG_PATH`].
pub const CONFIG_FILE: &str = "config.json";

/// Key of the project's name in the configuration.
pub const CONFIG_NAME_KEY: &str = "project_name";

/// Prefix of every unfinished entry, including stale ones.
pub const STAGING_PREFIX: &str = ".podslate-tmp-";

/// Stages of the pipeline, in order.
pub const STAGES: [Stage; 5] = [
    stage("0_input", "input"),
    stage("1_textures", "textures"),
    stage("2_rig", "rig"),
    stage("3_animation", "animation"),
    stage("4_export", "export"),
];

const fn stage(folder: &'static str, name: &'static str) -> Stage {
    Stage { folder, name }
}
