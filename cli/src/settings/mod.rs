//! How pods are found: `podslate.toml`, and the flags and environment variables that go before it.

mod file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::Url;

use crate::args::PodArgs;
use crate::problem;
use crate::secret::Secret;
use file::File;
pub use file::{Docker, RunPod};

const TOKEN_VARIABLE: &str = "PODSLATE_TOKEN";

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
        Self::of(found, args, user.as_deref())
    }

    fn of(file: File, args: &PodArgs, user: Option<&Path>) -> Result<Self, ErrorBody> {
        let given = args.pod.as_deref().filter(|url| !url.is_empty());
        let url = given.or(file.url.as_deref()).map(address).transpose()?;
        let provider = match (file.docker, file.runpod) {
            (Some(docker), _) => Some(ProviderSettings::Docker(docker)),
            (None, Some(runpod)) => Some(ProviderSettings::RunPod(runpod)),
            (None, None) => None,
        };
        // A pod at an address that somebody typed does not get the token of other pods.
        let kept = (provider.is_some() && given.is_none())
            .then(|| user.map(|user| user.join("token")))
            .flatten();
        let named = args.token_file.clone().or(file.token_file);
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
        Ok(Self {
            url,
            is_explicit: given.is_some(),
            token,
            new_token,
            timeout: Duration::from_secs(file.timeout.max(1)),
            wait: Duration::from_secs(args.wait.unwrap_or(file.wait).max(1)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let settings = Settings::of(file(docker), &typed, user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://typed:1/");
        assert!(settings.is_explicit && settings.new_token.is_none());
        let settings = Settings::of(file(docker), &PodArgs::default(), user).unwrap();
        assert_eq!(settings.url.unwrap().as_str(), "http://file:2/");
        assert!(!settings.is_explicit);
        assert_eq!(settings.new_token, Some(PathBuf::from("/nowhere/token")));
        let missing = Settings::of(file("token_file = \"/nowhere/x\""), &typed, user);
        assert!(missing.unwrap_err().error.contains("`/nowhere/x`"));
    }
}
