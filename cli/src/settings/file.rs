//! The settings file, `podslate.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::{files, host_path, text::clean};

/// `podslate.toml`. Paths in it are relative to its folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Address of a running pod.
    pub(super) url: Option<String>,
    /// File that holds the pod's token and that only its owner may read.
    pub(super) token_file: Option<PathBuf>,
    /// Maximum time of a response, in seconds. Default: 10.
    pub(super) timeout: Option<u64>,
    /// Maximum time until a pod that was started is ready, in seconds. Default: 900.
    pub(super) wait: Option<u64>,
    pub(super) docker: Option<Docker>,
    pub(super) runpod: Option<RunPod>,
    pub(super) kubernetes: Option<Kubernetes>,
}

/// Pods of Docker on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docker {
    /// Image, which serves podslate at port 8080.
    pub image: String,
    /// Port of this machine. Default: a free one.
    pub port: Option<u16>,
    /// Folder of this machine that the pod gets as its workspace.
    pub workspace: Option<PathBuf>,
    /// Value of `docker run --gpus`, for example `all`.
    pub gpus: Option<String>,
}

/// Pods of RunPod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPod {
    /// Image, which serves podslate at port 8080.
    pub image: String,
    /// Graphics cards. Either these or `cpu`.
    pub gpu: Option<Gpu>,
    /// Processors of a pod without graphics cards.
    pub cpu: Option<Cpu>,
    /// Size of the container's disk, in GB.
    pub disk: Option<u32>,
    /// `SECURE` or `COMMUNITY`.
    pub cloud: Option<String>,
    /// Data centers that the pod may be in.
    #[serde(default)]
    pub data_centers: Vec<String>,
    /// Network volume that keeps the workspace.
    pub volume: Option<Volume>,
    /// Name of RunPod's secret that holds the pod's token.
    pub token_secret: Option<String>,
    /// File that holds the API key, for when `RUNPOD_API_KEY` is not set.
    pub api_key_file: Option<PathBuf>,
    /// Further environment variables of the pod.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// Graphics cards of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// RunPod's identifier of the type.
    pub id: String,
    /// Number of cards. Default: 1.
    pub count: Option<u32>,
}

/// Processors of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// RunPod's identifier of the flavor.
    pub id: String,
    /// Number of virtual processors.
    pub vcpu_count: u32,
}

/// A network volume.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// RunPod's identifier of the volume.
    pub id: String,
    /// Path in the pod. Default: `/workspace`.
    pub path: Option<String>,
}

/// Pods of a Kubernetes cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kubernetes {
    /// Image, which serves podslate at port 8080.
    pub image: String,
    /// Context of the kubeconfig. Default: the current one.
    pub context: Option<String>,
    /// Default: that of the context.
    pub namespace: Option<String>,
    /// Address at which the cluster publishes a pod, with `{name}` and `{namespace}`. Default: the
    /// pod is reached by port forwarding.
    pub url: Option<String>,
    #[serde(default)]
    pub storage: Storage,
    /// Requests and limits of the container, by Kubernetes' names.
    #[serde(default)]
    pub resources: BTreeMap<String, Amount>,
    /// Labels of the nodes that may run a pod.
    #[serde(default)]
    pub node_selector: BTreeMap<String, String>,
    /// Taints that a pod tolerates, as in a manifest.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// `Always`, `IfNotPresent` or `Never`.
    pub pull_policy: Option<String>,
    /// Secrets of the namespace for the registry of the image.
    #[serde(default)]
    pub pull_secrets: Vec<String>,
    /// User and group of the container. Default: 1000, that of podslate's image.
    pub user: Option<u32>,
    /// Further environment variables of the container.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// The volume of a pod's workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Storage class. Default: that of the cluster.
    pub class: Option<String>,
    /// Size, as Kubernetes writes it. Default: `10Gi`.
    pub size: Option<String>,
}

/// An amount of a resource, such as `"16Gi"` or `1`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    Number(u32),
    Text(String),
}

/// A toleration of a taint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

impl File {
    /// The paths in the file, to be changed.
    fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let workspace = self.docker.as_mut().map(|docker| &mut docker.workspace);
        let key_file = self.runpod.as_mut().map(|runpod| &mut runpod.api_key_file);
        let paths = [Some(&mut self.token_file), workspace, key_file];
        paths.into_iter().flatten().flatten()
    }

    /// The paths in the file.
    pub(super) fn paths(&self) -> [Option<&Path>; 3] {
        let workspace = self
            .docker
            .as_ref()
            .and_then(|docker| docker.workspace.as_deref());
        let key_file = self
            .runpod
            .as_ref()
            .and_then(|runpod| runpod.api_key_file.as_deref());
        [self.token_file.as_deref(), workspace, key_file]
    }

    /// Makes the paths absolute, which are relative to the file's folder `dir`.
    pub(super) fn resolve(&mut self, dir: &Path) {
        for path in self.paths_mut() {
            *path = host_path::resolve(dir, path);
        }
    }

    /// Replaces the paths by those that they lead to now.
    pub(super) fn follow_links(&mut self) {
        for path in self.paths_mut() {
            if !path.to_str().is_some_and(host_path::is_windows_absolute) {
                *path = files::canonical(path);
            }
        }
    }

    /// Parses the text of a settings file called `name`.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self> {
        let file: Self = toml::from_str(text).map_err(|error| syntax_error(&error, text, name))?;
        let invalid = |problem: &str| {
            let reason = format!("{problem} in `{name}`");
            Err(Error::SettingsInvalid { reason })
        };
        let providers = [
            file.docker.is_some(),
            file.runpod.is_some(),
            file.kubernetes.is_some(),
        ];
        if providers.iter().filter(|is_there| **is_there).count() > 1 {
            return invalid("only one of [docker], [runpod] and [kubernetes] is allowed");
        }
        if let Some(runpod) = &file.runpod
            && runpod.gpu.is_some() == runpod.cpu.is_some()
        {
            return invalid("[runpod] needs exactly one of `gpu` and `cpu`");
        }
        let images = [
            file.docker.as_ref().map(|docker| &docker.image),
            file.runpod.as_ref().map(|runpod| &runpod.image),
            file.kubernetes.as_ref().map(|kubernetes| &kubernetes.image),
        ];
        if images.iter().flatten().any(|image| image.starts_with('-')) {
            return invalid("an image may not start with `-`");
        }
        let has_pod = file.url.is_some() || providers.contains(&true);
        if file.token_file.is_some() && !has_pod {
            return invalid(
                "`token_file` needs the pod that the token is for: `url`, [docker], [runpod] or \
                 [kubernetes]",
            );
        }
        Ok(file)
    }
}

fn syntax_error(error: &toml::de::Error, text: &str, name: &str) -> Error {
    let start = error.span().map_or(0, |span| span.start);
    let line = text[..start].matches('\n').count() + 1;
    let message = clean(error.message());
    let hint = if message.contains("unknown field `token`") {
        "A token is never written into this file: name a file that holds it with `token_file`, or \
         set the environment variable `PODSLATE_TOKEN`."
    } else {
        "`docs/podslate.toml.md` explains every key."
    };
    let reason = format!("{message} in line {line} of `{name}`");
    Error::SettingsInvalid { reason }.with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/podslate.toml.md");

    /// Every block of TOML in the document.
    fn examples() -> Vec<String> {
        let blocks = DOCUMENT.split("```toml\n").skip(1);
        let block = |text: &str| text.split("```").next().unwrap_or_default().to_owned();
        blocks.map(block).collect()
    }

    #[test]
    fn the_document_names_every_key_and_its_examples_are_valid() {
        let examples = examples();
        assert!(examples.len() >= 3, "{}", examples.len());
        for example in &examples {
            File::parse(example, "the document").expect(example);
            // Examples in comments are valid, too.
            let all = format!("\n{example}").replace("\n# ", "\n");
            File::parse(&all, "the document").expect(&all);
            assert!(!all.contains("\n#"), "{all}");
        }
        let keys = "url token_file timeout wait [docker] [runpod] image port workspace gpus gpu cpu disk \
                    cloud data_centers volume token_secret api_key_file env [kubernetes] context \
                    namespace storage resources node_selector tolerations pull_policy \
                    pull_secrets user";
        for key in keys.split(' ') {
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
                "only one of",
            ),
            ("[runpod]\nimage=\"a\"", "exactly one of `gpu` and `cpu`"),
            ("token_file = \"t\"", "`token_file` needs the pod"),
            (
                "[docker]\nimage=\"--privileged\"",
                "an image may not start with `-`",
            ),
            ("= canary", "in line 1"),
        ] {
            let error = File::parse(text, "podslate.toml").expect_err(text);
            assert_eq!(error.code(), "settings_invalid");
            assert!(error.to_string().contains(what), "{error}");
            assert!(error.to_string().contains("`podslate.toml`"), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        let error = File::parse("\n\ntoken = 1", "x").unwrap_err();
        assert!(error.to_string().contains("in line 3"), "{error}");
        assert!(error.hint().unwrap().contains("token_file"));
    }
}
