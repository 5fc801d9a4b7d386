//! From settings to a provider, and to a running pod.

use super::client::Client;
use super::docker::DockerCommand;
use super::pod::{Pod, PodState};
use super::provider::Provider;
use super::runpod::RunPodApi;
use crate::error::{Error, Result};
use crate::settings::{ProviderSettings, Settings};

/// The provider in the settings, if there is one.
pub fn provider(settings: &Settings) -> Result<Option<Box<dyn Provider>>> {
    let (token, wait) = (settings.token.clone(), settings.wait);
    Ok(match settings.provider.clone() {
        Some(ProviderSettings::Docker(docker)) => Some(Box::new(DockerCommand {
            settings: docker,
            token,
            wait,
        })),
        Some(ProviderSettings::RunPod(runpod)) => {
            Some(Box::new(RunPodApi::new(runpod, token, wait)?))
        }
        None => None,
    })
}

/// Client of the running pod in the settings, after its server has responded.
pub async fn connect(settings: &Settings) -> Result<Client> {
    let url = match (&settings.url, provider(settings)?) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(provider)) => running(provider.as_ref()).await?.url,
        (None, None) => None,
    };
    let url = url.ok_or_else(|| Error::PodUnreachable {
        reason: "it has no address yet".to_owned(),
    })?;
    let client = Client::new(&url, settings.token.clone(), settings.timeout)?;
    client.health().await?;
    Ok(client)
}

async fn running(provider: &dyn Provider) -> Result<Pod> {
    let mut pods = provider.pods().await?;
    pods.retain(|pod| pod.state == PodState::Running);
    match pods.len() {
        0 => {
            let hint = "To use a folder of this machine, name it with `--workspace DIR`.";
            Err(no_running_pod(provider).with_hint(hint))
        }
        1 => Ok(pods.remove(0)),
        _ => Err(several_pods(&pods)),
    }
}

/// Error for a provider without a running pod.
pub fn no_running_pod(provider: &dyn Provider) -> Error {
    let reason = format!("{} has no running pod", provider.name());
    Error::PodUnreachable { reason }
}

/// Error for several pods of which any could be meant.
pub fn several_pods(pods: &[Pod]) -> Error {
    let describe = |pod: &Pod| match &pod.url {
        Some(url) => format!("`{}` at {url}", pod.label()),
        None => format!("`{}`", pod.label()),
    };
    let pods = pods.iter().map(describe).collect::<Vec<_>>().join(", ");
    Error::PodAmbiguous { pods }
}
