//! How pods are found: `podslate.toml`, and the flags and environment variables that go before it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::Url;
use serde::Deserialize;

use crate::args::PodArgs;
use crate::secret::Secret;
use crate::{problem, quote};

/// The name of the settings file.
const FILE: &str = "podslate.toml";
const TOKEN_VARIABLE: &str = "PODSLATE_TOKEN";

/// `podslate.toml`. Paths in it are relative to its folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The address of a pod that runs.
    url: Option<String>,
    /// A file with the pod's token, which only its owner may read.
    token_file: Option<PathBuf>,
    /// How many seconds a pod may take for one answer.
    #[serde(default = "default_timeout")]
    timeout: u64,
    /// How many seconds a pod that is started may take until it is ready.
    #[serde(default = "default_wait")]
    wait: u64,
    /// How pods are started with Docker.
    docker: Option<Docker>,
    /// How pods are started with RunPod.
    runpod: Option<RunPod>,
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

/// Who starts pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderSettings {
    /// Docker on this machine.
    Docker(Docker),
    /// RunPod.
    RunPod(RunPod),
}

/// Everything that is known about pods before one is asked.
#[derive(Debug)]
pub struct Settings {
    /// The address of a pod.
    pub url: Option<Url>,
    /// Whether a person gave the address for this one command.
    pub is_explicit: bool,
    /// The pod's token.
    pub token: Option<Secret>,
    /// Where a token is kept that is made for a new pod.
    pub new_token: Option<PathBuf>,
    /// How long a pod may take for one answer.
    pub timeout: Duration,
    /// How long a pod may take until it is ready.
    pub wait: Duration,
    /// Who starts pods.
    pub provider: Option<ProviderSettings>,
}

impl Settings {
    /// Whether there is any pod to think of.
    pub fn has_pod(&self) -> bool {
        self.url.is_some() || self.provider.is_some()
    }

    /// What the arguments, the environment and the settings file say, in this order.
    ///
    /// # Errors
    /// Something in them cannot be used; the sentence says what.
    pub fn load(args: &PodArgs) -> Result<Self, ErrorBody> {
        let user = etcetera::choose_base_strategy()
            .ok()
            .map(|strategy| strategy.config_dir().join("podslate"));
        let folders = [Some(PathBuf::new()), user.clone()];
        let mut found = File::default_values();
        for folder in folders.into_iter().flatten() {
            if let Some(file) = File::read(&folder)? {
                found = file;
                break;
            }
        }
        found.resolve(args, user.as_deref())
    }
}

impl File {
    fn default_values() -> Self {
        Self {
            timeout: default_timeout(),
            wait: default_wait(),
            ..Self::default()
        }
    }

    /// The settings file in a folder, if there is one.
    fn read(folder: &Path) -> Result<Option<Self>, ErrorBody> {
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
            *path = quote::against(folder, path);
        }
        Ok(Some(file))
    }

    /// Reads the text of a settings file called `name`.
    fn parse(text: &str, name: &str) -> Result<Self, ErrorBody> {
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

    fn resolve(self, args: &PodArgs, user: Option<&Path>) -> Result<Settings, ErrorBody> {
        let given = args.pod.as_deref().filter(|url| !url.is_empty());
        let url = given.or(self.url.as_deref()).map(address).transpose()?;
        let provider = match (self.docker, self.runpod) {
            (Some(docker), _) => Some(ProviderSettings::Docker(docker)),
            (None, Some(runpod)) => Some(ProviderSettings::RunPod(runpod)),
            (None, None) => None,
        };
        // A pod at an address that somebody typed does not get the token of other pods.
        let kept = (provider.is_some() && given.is_none())
            .then(|| user.map(|user| user.join("token")))
            .flatten();
        let named = args.token_file.clone().or(self.token_file);
        let mut token = Secret::from_environment(TOKEN_VARIABLE)?;
        if token.is_none()
            && let Some(path) = named.as_ref().or(kept.as_ref())
        {
            token = Secret::from_file(path)?;
        }
        let new_token = named.or(kept);
        if let (None, None, Some(path)) = (&token, &provider, &new_token) {
            let what = format!(
                "the file `{}` with the token does not exist",
                path.display()
            );
            return Err(problem::new(ErrorCode::SettingsInvalid, what));
        }
        Ok(Settings {
            url,
            is_explicit: given.is_some(),
            token,
            new_token,
            timeout: Duration::from_secs(self.timeout.max(1)),
            wait: Duration::from_secs(args.wait.unwrap_or(self.wait).max(1)),
            provider,
        })
    }
}

/// Reads the address of a pod. What is wrong with it is said without it: it may hold a secret.
fn address(text: &str) -> Result<Url, ErrorBody> {
    let wrong = |what: &str, hint: &str| {
        let what = format!("the address of the pod {what}");
        Err(problem::hinted(ErrorCode::SettingsInvalid, what, hint))
    };
    let example = "For example: `https://<pod>-8080.proxy.runpod.net` or `http://localhost:8080`.";
    let Ok(mut url) = Url::parse(text) else {
        return wrong("is not a URL", example);
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    if !is_web || url.host_str().is_none_or(str::is_empty) {
        return wrong("has to start with http:// or https:// and a host", example);
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.fragment().is_some() || url.query().is_some() {
        let hint = "Give the address up to the host and port alone; a token belongs into the \
                    environment variable PODSLATE_TOKEN.";
        return wrong("has a token, a password or a query in it", hint);
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
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

    const DOCUMENT: &str = include_str!("../../docs/podslate.toml.md");

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

    #[test]
    fn an_address_is_one_and_holds_no_secret() {
        let text = |text: &str| address(text).map(String::from);
        assert_eq!(
            text("http://localhost:8080").unwrap(),
            "http://localhost:8080/"
        );
        assert_eq!(text("https://h/lab/proxy").unwrap(), "https://h/lab/proxy/");
        for wrong in [
            "localhost:8080",
            "ftp://h/",
            "pod",
            "",
            "http://",
            "https://u:canary@h/",
            "https://h/#token=canary",
            "https://h/?token=canary",
        ] {
            let error = address(wrong).expect_err(wrong);
            assert_eq!(error.code, ErrorCode::SettingsInvalid);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn what_is_typed_goes_first_and_tokens_stay_with_their_pods() {
        let file = |text: &str| File::parse(text, "x").unwrap();
        let typed = PodArgs {
            pod: Some("http://typed:1".to_owned()),
            ..PodArgs::default()
        };
        let docker = "url = \"http://file:2\"\n[docker]\nimage = \"a\"";
        let user = Some(Path::new("/nowhere"));
        let settings = file(docker).resolve(&typed, user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://typed:1/");
        assert!(settings.is_explicit && settings.new_token.is_none());
        let settings = file(docker).resolve(&PodArgs::default(), user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://file:2/");
        assert!(!settings.is_explicit);
        assert_eq!(settings.new_token, Some(PathBuf::from("/nowhere/token")));
        let missing = file("token_file = \"/nowhere/x\"").resolve(&typed, user);
        assert!(missing.unwrap_err().error.contains("`/nowhere/x`"));
    }
}
