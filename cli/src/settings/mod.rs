//! Settings of pods: arguments and environment variables, then `podslate.toml`.

mod file;
mod source;
mod summary;
pub mod trust;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use crate::args::PodArgs;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::quote::{self, Shell};
use crate::secret::Secret;
use crate::{output, prompt};
use file::File;
pub use file::{Amount, Docker, Kubernetes, RunPod};
pub use source::{Source, found_path, path_when_found};
pub use summary::lines as summary;
use trust::Trust;

/// Provider that starts pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderSettings {
    Docker(Docker),
    RunPod(RunPod),
    Kubernetes(Box<Kubernetes>),
}

/// Pod at an address, with the token that is for it.
#[derive(Clone, Debug)]
pub struct KnownPod {
    pub url: Url,
    pub token: Option<Secret>,
    /// Whether the address was given for this one command.
    pub is_explicit: bool,
}

/// Provider, with the token of its pods.
#[derive(Clone, Debug)]
pub struct Starter {
    pub provider: ProviderSettings,
    pub token: Option<Secret>,
    /// File for the token of a new pod.
    pub new_token: PathBuf,
}

/// Everything that is known about pods before a request is sent.
#[derive(Debug)]
pub struct Settings {
    pub pod: Option<KnownPod>,
    pub starter: Option<Starter>,
    /// Maximum time of a response.
    pub timeout: Duration,
    /// Maximum time until a pod is ready.
    pub wait: Duration,
}

impl Settings {
    /// Whether a pod can be found or started.
    pub fn has_pod(&self) -> bool {
        self.pod.is_some() || self.starter.is_some()
    }

    /// Whether this machine is used if no pod can be: a pod that was named for one command is the
    /// only one that is meant.
    pub fn has_fallback(&self) -> bool {
        !self.pod.as_ref().is_some_and(|pod| pod.is_explicit)
    }

    /// Workspace of this machine that pods of Docker mount.
    pub fn workspace(&self) -> Option<&Path> {
        match &self.starter.as_ref()?.provider {
            ProviderSettings::Docker(docker) => docker.workspace.as_deref(),
            ProviderSettings::RunPod(_) | ProviderSettings::Kubernetes(_) => None,
        }
    }

    /// Settings from the arguments, the environment and the settings file, which take precedence in
    /// this order.
    pub fn load(args: &PodArgs) -> Result<Self> {
        let file = source(args, args.given_pod().is_none())?;
        let file = file.map(|source| source.file).unwrap_or_default();
        Self::merge(file, args, source::user_dir().as_deref())
    }

    fn merge(file: File, args: &PodArgs, user_dir: Option<&Path>) -> Result<Self> {
        let provider = provider(&file);
        let own = file.url.as_deref().map(parse_url).transpose()?;
        let given = args.given_pod().map(parse_url).transpose()?;
        let is_explicit = given.is_some();
        // A token in a settings file is for the pods in that file alone.
        let is_own = given.is_none() || given == own;
        let file_token = file.token_file.filter(|_| is_own || provider.is_some());
        let given_token = Secret::find(env_vars::TOKEN, args.token_file.as_deref())?;
        let stored = match (&given_token, &args.token_file, &file_token) {
            (None, None, Some(path)) => Secret::from_file(path)?,
            _ => None,
        };
        let pod_token = given_token.clone().or(stored.clone().filter(|_| is_own));
        let named = args.token_file.clone().or(file_token);
        if let (None, None, None, Some(path)) = (&given_token, &stored, &provider, &named) {
            let reason = format!("the token file `{}` does not exist", path.display());
            return Err(Error::SettingsInvalid { reason });
        }
        let url = given.or(own);
        let pod = url.map(|url| KnownPod {
            url,
            token: pod_token,
            is_explicit,
        });
        let starter = provider
            .map(|provider| starter(provider, given_token.or(stored), named, user_dir))
            .transpose()?;
        Ok(Self {
            pod,
            starter,
            timeout: Duration::from_secs(file.timeout.unwrap_or(10).max(1)),
            wait: Duration::from_secs(args.wait.or(file.wait).unwrap_or(900).max(1)),
        })
    }
}

/// Workspace of this machine in the settings file, for a command that needs no pod: it does without
/// a file that was not named and cannot be used.
pub fn local_workspace(args: &PodArgs) -> Result<Option<PathBuf>> {
    let source = match source(args, false) {
        Err(error) if args.config.is_none() => {
            not_used(&error);
            None
        }
        source => source?,
    };
    let docker = source.and_then(|source| source.file.docker);
    Ok(docker.and_then(|docker| docker.workspace))
}

/// The provider in a settings file.
fn provider(file: &File) -> Option<ProviderSettings> {
    let docker = file.docker.clone().map(ProviderSettings::Docker);
    let runpod = || file.runpod.clone().map(ProviderSettings::RunPod);
    let kubernetes = || file.kubernetes.clone().map(Box::new);
    let kubernetes = || kubernetes().map(ProviderSettings::Kubernetes);
    docker.or_else(runpod).or_else(kubernetes)
}

/// A provider with its token: that of `named`, or the one that is kept for all pods that this
/// program starts.
fn starter(
    provider: ProviderSettings,
    token: Option<Secret>,
    named: Option<PathBuf>,
    user_dir: Option<&Path>,
) -> Result<Starter> {
    let kept = || user_dir.map(|dir| dir.join("token"));
    let is_named = named.is_some();
    let new_token = named.or_else(kept).ok_or_else(|| {
        let reason = "there is no folder for the token of a pod".to_owned();
        Error::SettingsInvalid { reason }.with_hint("Set `HOME`, or use `--token-file`.")
    })?;
    let token = match token {
        None if !is_named => Secret::from_file(&new_token)?,
        token => token,
    };
    Ok(Starter {
        provider,
        token,
        new_token,
    })
}

/// The settings file: the one that is named, the one in the current folder if the user has allowed
/// it, or the user's own. One that is not allowed is an error if the command needs it.
fn source(args: &PodArgs, is_needed: bool) -> Result<Option<Source>> {
    if let Some(path) = &args.config {
        return Source::named(path).map(Some);
    }
    let found = match found_path() {
        Some(path) => found(&path, is_needed)?,
        None => None,
    };
    match found {
        None => Source::of_user(),
        found => Ok(found),
    }
}

fn found(path: &Path, is_needed: bool) -> Result<Option<Source>> {
    let source = Source::found_at(path).and_then(|source| {
        let Some(source) = source else {
            return Ok(None);
        };
        match trust::of(&source)? {
            Trust::Allowed => Ok(Some(source)),
            trust if is_needed => ask(source, trust).map(Some),
            _ => Err(Error::SettingsUntrusted {
                path: path.display().to_string(),
                problem: "has not been allowed".to_owned(),
            }),
        }
    });
    match source {
        Err(error) if !is_needed => {
            not_used(&error);
            Ok(None)
        }
        source => source,
    }
}

fn not_used(error: &Error) {
    output::warning(&format!("The settings are not used. {error}"));
}

/// Asks once whether a settings file may be used; without a terminal it is refused.
fn ask(source: Source, trust: Trust) -> Result<Source> {
    let path = source.path.display().to_string();
    let command = quote::lines(Shell::LOCAL, &["podslate", "trust", &path]).join(" or ");
    let refused = |problem: &str| {
        let (path, problem) = (path.clone(), problem.to_owned());
        Error::SettingsUntrusted { path, problem }.with_hint(format!(
            "Read it, then allow it: {command}. For one command, name it with `--config`."
        ))
    };
    let problem = match trust {
        Trust::Changed => "has changed since it was allowed",
        _ => "was found in this folder and has not been allowed",
    };
    if !prompt::is_possible() {
        return Err(refused(problem));
    }
    output::note(&format!("The settings file `{path}` {problem}."));
    for line in summary(&source) {
        output::note(&format!("  {line}"));
    }
    if !prompt::confirm("Use this file, now and later?", false)? {
        return Err(refused("was not allowed, so nothing was done"));
    }
    trust::allow(&source)?;
    Ok(source)
}

/// Parses the address of a pod. Errors do not repeat it, because it may contain a secret.
fn parse_url(text: &str) -> Result<Url> {
    let invalid = |problem: &str, hint: &str| {
        let reason = format!("the address of the pod {problem}");
        Err(Error::SettingsInvalid { reason }.with_hint(hint))
    };
    let example = "For example: `https://<pod>-8080.proxy.runpod.net` or `http://localhost:8080`.";
    let Ok(mut url) = Url::parse(text) else {
        return invalid("is not a URL", example);
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    if !is_web || url.host_str().is_none_or(str::is_empty) {
        return invalid(
            "does not start with `http://` or `https://` and a host",
            example,
        );
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.fragment().is_some() || url.query().is_some() {
        let hint = "Give the address only up to the host and port, and set `PODSLATE_TOKEN` to the \
                    token.";
        return invalid("contains a token, a password or a query", hint);
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_valid_and_contains_no_secret() {
        let text = |text: &str| parse_url(text).map(String::from);
        assert_eq!(
            text("http://localhost:8080").unwrap(),
            "http://localhost:8080/"
        );
        assert_eq!(text("https://h/lab/proxy").unwrap(), "https://h/lab/proxy/");
        let malformed = ["localhost:8080", "ftp://h/", "pod", "", "http://"];
        let secrets = [
            "https://u:canary@h/",
            "https://h/#token=canary",
            "https://h/?token=canary",
        ];
        for wrong in malformed.into_iter().chain(secrets) {
            let error = parse_url(wrong).expect_err(wrong);
            assert_eq!(error.code(), "settings_invalid");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn arguments_take_precedence_and_tokens_stay_with_their_pods() {
        let file = |text: &str| File::parse(text, "x").unwrap();
        let given = |url: &str| PodArgs {
            pod: Some(url.to_owned()),
            ..PodArgs::default()
        };
        let user = Some(Path::new("/nowhere"));
        let docker = "url = \"http://file:2\"\n[docker]\nimage = \"a\"";
        let settings = Settings::merge(file(docker), &given("http://given:1"), user).unwrap();
        let pod = settings.pod.unwrap();
        assert_eq!(pod.url.as_str(), "http://given:1/");
        assert!(pod.is_explicit);
        let settings = Settings::merge(file(docker), &PodArgs::default(), user).unwrap();
        let pod = settings.pod.unwrap();
        assert_eq!(pod.url.as_str(), "http://file:2/");
        assert!(!pod.is_explicit);
        let starter = settings.starter.unwrap();
        assert_eq!(starter.new_token, PathBuf::from("/nowhere/token"));
    }

    #[test]
    fn a_token_in_a_file_is_only_for_the_pods_in_that_file() {
        let home = tempfile::tempdir().unwrap();
        let token = home.path().join("token");
        Secret::create(&token).unwrap();
        let merged = |url: &str| {
            let text = format!(
                "url = \"https://file:2/a\"\ntoken_file = '{}'",
                token.display()
            );
            let args = PodArgs {
                pod: Some(url.to_owned()),
                ..PodArgs::default()
            };
            let settings = Settings::merge(File::parse(&text, "x").unwrap(), &args, None);
            settings.unwrap().pod.unwrap().token
        };
        for (url, is_sent) in [
            ("https://file:2/a", true),
            ("https://file:2/a/", true),
            ("", true),
            ("https://file:2/b", false),
            ("http://file:2/a", false),
            ("https://file:3/a", false),
            ("https://file/a", false),
            ("https://file.example:2/a", false),
        ] {
            assert_eq!(merged(url).is_some(), is_sent, "{url:?}");
        }
        let missing = "url = \"http://file:2\"\ntoken_file = \"/nowhere/x\"";
        let missing = File::parse(missing, "x").unwrap();
        let error = Settings::merge(missing, &PodArgs::default(), None).unwrap_err();
        assert!(error.to_string().contains("`/nowhere/x`"));
    }
}
