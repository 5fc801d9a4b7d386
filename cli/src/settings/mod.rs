//! Settings of pods: arguments and environment variables, then `podslate.toml`.

mod file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use reqwest::Url;

use crate::args::PodArgs;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::secret::Secret;
use file::File;
pub use file::{Docker, RunPod};

/// Provider that starts pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderSettings {
    Docker(Docker),
    RunPod(RunPod),
}

/// Everything that is known about pods before a request is sent.
#[derive(Debug)]
pub struct Settings {
    pub url: Option<Url>,
    /// Whether the address was given for this one command.
    pub is_explicit: bool,
    pub token: Option<Secret>,
    /// File for the token of a new pod.
    pub new_token: Option<PathBuf>,
    /// Maximum time of a response.
    pub timeout: Duration,
    /// Maximum time until a pod is ready.
    pub wait: Duration,
    pub provider: Option<ProviderSettings>,
}

impl Settings {
    /// Whether a pod can be found or started.
    pub fn has_pod(&self) -> bool {
        self.url.is_some() || self.provider.is_some()
    }

    /// Settings from the arguments, the environment and the settings file, which take precedence in
    /// this order.
    pub fn load(args: &PodArgs) -> Result<Self> {
        let user_dir = etcetera::choose_base_strategy()
            .ok()
            .map(|strategy| strategy.config_dir().join("podslate"));
        let file = match (File::read(Path::new(""))?, &user_dir) {
            (None, Some(dir)) => File::read(dir)?,
            (file, _) => file,
        };
        Self::merge(file.unwrap_or_default(), args, user_dir.as_deref())
    }

    fn merge(file: File, args: &PodArgs, user_dir: Option<&Path>) -> Result<Self> {
        let given = args.pod.as_deref().filter(|url| !url.is_empty());
        let url = given.or(file.url.as_deref()).map(parse_url).transpose()?;
        let docker = file.docker.map(ProviderSettings::Docker);
        let provider = docker.or(file.runpod.map(ProviderSettings::RunPod));
        // A pod at an address that was given does not get the token of other pods.
        let default_file = user_dir
            .filter(|_| provider.is_some() && given.is_none())
            .map(|dir| dir.join("token"));
        let new_token = args.token_file.clone().or(file.token_file).or(default_file);
        let token = Secret::find(env_vars::TOKEN, new_token.as_deref())?;
        if let (None, None, Some(path)) = (&token, &provider, &new_token) {
            let reason = format!("the token file `{}` does not exist", path.display());
            return Err(Error::SettingsInvalid { reason });
        }
        Ok(Self {
            url,
            is_explicit: given.is_some(),
            token,
            new_token,
            timeout: Duration::from_secs(file.timeout.unwrap_or(10).max(1)),
            wait: Duration::from_secs(args.wait.or(file.wait).unwrap_or(900).max(1)),
            provider,
        })
    }
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
        let args = PodArgs {
            pod: Some("http://given:1".to_owned()),
            ..PodArgs::default()
        };
        let docker = "url = \"http://file:2\"\n[docker]\nimage = \"a\"";
        let user = Some(Path::new("/nowhere"));
        let settings = Settings::merge(file(docker), &args, user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://given:1/");
        assert!(settings.is_explicit && settings.new_token.is_none());
        let settings = Settings::merge(file(docker), &PodArgs::default(), user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://file:2/");
        assert!(!settings.is_explicit);
        assert_eq!(settings.new_token, Some(PathBuf::from("/nowhere/token")));
        let missing = Settings::merge(file("token_file = \"/nowhere/x\""), &args, user);
        assert!(missing.unwrap_err().to_string().contains("`/nowhere/x`"));
    }
}
