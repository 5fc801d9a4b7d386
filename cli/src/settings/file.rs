//! The settings file, `podslate.toml`.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use podslate_shared::{ErrorBody, ErrorCode};
use serde::Deserialize;

use crate::{host_path, problem};

/// The name of the settings file.
const FILE: &str = "podslate.toml";

/// `podslate.toml`. Paths in it are relative to its folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The address of a pod that runs.
    pub(super) url: Option<String>,
    /// A file with the pod's token, which only its owner may read.
    pub(super) token_file: Option<PathBuf>,
    /// How many seconds a pod may take for one answer.
    #[serde(default = "default_timeout")]
    pub(super) timeout: u64,
    /// How many seconds a pod that is started may take until it is ready.
    #[serde(default = "default_wait")]
    pub(super) wait: u64,
    /// How pods are started with Docker.
    pub(super) docker: Option<Docker>,
    /// How pods are started with RunPod.
    pub(super) runpod: Option<RunPod>,
}

/// How pods are started with Docker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docker {
    /// The image, which serves podslate at port 8080.
    pub image: String,
    /// The port of this machine; without it, a free one.
    pub port: Option<u16>,
    /// The folder of this machine that the pod gets as its workspace.
    pub workspace: Option<PathBuf>,
    /// What `docker run --gpus` takes, for example `all`.
    pub gpus: Option<String>,
}

/// How pods are started with RunPod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPod {
    /// The image, which serves podslate at port 8080.
    pub image: String,
    /// The graphics cards. Either these or `cpu`.
    pub gpu: Option<Gpu>,
    /// The processors of a pod without graphics cards.
    pub cpu: Option<Cpu>,
    /// The size of the container's disk in GB.
    pub disk: Option<u32>,
    /// `SECURE` or `COMMUNITY`.
    pub cloud: Option<String>,
    /// The data centers that the pod may be in.
    #[serde(default)]
    pub data_centers: Vec<String>,
    /// The network volume that keeps the workspace.
    pub volume: Option<Volume>,
    /// The name of RunPod's secret that holds the pod's token.
    pub token_secret: Option<String>,
    /// A file with the API key, if RUNPOD_API_KEY is not set.
    pub api_key_file: Option<PathBuf>,
    /// More environment variables of the pod.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// Graphics cards of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// The type, as RunPod calls it.
    pub id: String,
    /// How many.
    #[serde(default = "one")]
    pub count: u32,
}

/// Processors of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// The flavor, as RunPod calls it.
    pub id: String,
    /// How many virtual processors.
    pub vcpu_count: u32,
}

/// A network volume.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The volume, as RunPod calls it.
    pub id: String,
    /// Where it is in the pod.
    #[serde(default = "pod_workspace")]
    pub path: String,
}

impl File {
    /// What counts without a file.
    pub(super) fn default_values() -> Self {
        Self {
            timeout: default_timeout(),
            wait: default_wait(),
            ..Self::default()
        }
    }

    /// The settings file in a folder, if there is one.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, ErrorBody> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let what = format!("`{}` cannot be read ({})", path.display(), error.kind());
                return Err(problem::new(ErrorCode::SettingsInvalid, what));
            }
        };
        let mut file = Self::parse(&text, &path.display().to_string())?;
        let docker = file
            .docker
            .as_mut()
            .and_then(|docker| docker.workspace.as_mut());
        let key = file
            .runpod
            .as_mut()
            .and_then(|runpod| runpod.api_key_file.as_mut());
        for path in [file.token_file.as_mut(), docker, key]
            .into_iter()
            .flatten()
        {
            *path = host_path::against(folder, path);
        }
        Ok(Some(file))
    }

    /// Reads the text of a settings file called `name`.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self, ErrorBody> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                text[..span.start]
                    .bytes()
                    .filter(|byte| *byte == b'\n')
                    .count()
                    + 1
            });
            let what = format!("{} in line {line} of `{name}`", error.message());
            let hint = "Every key is explained in docs/podslate.toml.md.";
            let hint = match error.message().contains("unknown field `token`") {
                true => {
                    "A token is never written into this file: `token_file` names a file that \
                         holds it, or the environment variable PODSLATE_TOKEN is set."
                }
                false => hint,
            };
            problem::hinted(ErrorCode::SettingsInvalid, what, hint)
        })?;
        let wrong = |what: &str| {
            let what = format!("{what} in `{name}`");
            Err(problem::new(ErrorCode::SettingsInvalid, what))
        };
        if file.docker.is_some() && file.runpod.is_some() {
            return wrong("there may be only one of [docker] and [runpod]");
        }
        if let Some(runpod) = &file.runpod
            && runpod.gpu.is_some() == runpod.cpu.is_some()
        {
            return wrong("[runpod] needs exactly one of `gpu` and `cpu`");
        }
        Ok(file)
    }
}

fn default_timeout() -> u64 {
    10
}

fn default_wait() -> u64 {
    900
}

fn one() -> u32 {
    1
}

fn pod_workspace() -> String {
    "/workspace".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/podslate.toml.md");

    /// Every block of TOML in the document, with what is commented out switched on.
    fn examples() -> Vec<String> {
        let blocks = DOCUMENT.split("```toml\n").skip(1);
        let block = |text: &str| text.split("```").next().unwrap_or_default().to_owned();
        blocks.map(block).collect()
    }

    #[test]
    fn the_document_is_right() {
        let examples = examples();
        assert!(examples.len() >= 3, "{}", examples.len());
        for example in &examples {
            File::parse(example, "the document").expect(example);
            // What is commented out is right, too.
            let all = format!("\n{example}").replace("\n# ", "\n");
            File::parse(&all, "the document").expect(&all);
            assert!(!all.contains("\n#"), "{all}");
        }
        let mut keys = vec![
            "url",
            "token_file",
            "timeout",
            "wait",
            "[docker]",
            "[runpod]",
        ];
        keys.extend([
            "image",
            "port",
            "workspace",
            "gpus",
            "gpu",
            "cpu",
            "disk",
            "cloud",
        ]);
        keys.extend([
            "data_centers",
            "volume",
            "token_secret",
            "api_key_file",
            "env",
        ]);
        for key in keys {
            assert!(DOCUMENT.contains(&format!("`{key}`")), "{key}");
        }
    }

    #[test]
    fn a_file_is_refused_with_the_line_and_without_a_secret() {
        for (text, what) in [
            ("timeout = 1\nimgae = 1", "unknown field `imgae`"),
            ("\n\ntoken = \"canary\"", "unknown field `token`"),
            (
                "[docker]\nimage = 1",
                "invalid type: integer `1`, expected a string",
            ),
            ("[docker]\nimage = \"a\"\nimg = 1", "unknown field `img`"),
            ("[docker]\nport = 1", "missing field `image`"),
            ("wait = -1", "invalid value"),
            (
                "[docker]\nimage=\"a\"\n[runpod]\nimage=\"a\"\ncpu={id=\"a\",vcpu_count=1}",
                "only one",
            ),
            ("[runpod]\nimage=\"a\"", "exactly one of `gpu` and `cpu`"),
            ("= canary", "in line 1"),
        ] {
            let error = File::parse(text, "podslate.toml").expect_err(text);
            assert_eq!(error.code, ErrorCode::SettingsInvalid);
            assert!(error.error.contains(what), "{error}");
            assert!(error.error.contains("`podslate.toml`"), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        let error = File::parse("\n\ntoken = 1", "x").unwrap_err();
        assert!(error.error.contains("in line 3"), "{error}");
        assert!(error.hint.unwrap().contains("token_file"));
    }
}
