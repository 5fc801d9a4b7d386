//! From settings to a provider, and to a running pod.

use super::client::Client;
use super::docker::DockerCommand;
use super::kubernetes::KubernetesCluster;
use super::pod::{Pod, PodState};
use super::provider::Provider;
use super::runpod::RunPodApi;
use crate::error::{Error, Result};
use crate::settings::{ProviderSettings, Settings};

/// The provider in the settings, if there is one.
pub fn provider(settings: &Settings) -> Result<Option<Box<dyn Provider>>> {
    let Some(starter) = settings.starter.clone() else {
        return Ok(None);
    };
    let (token, wait) = (starter.token, settings.wait);
    Ok(Some(match starter.provider {
        ProviderSettings::Docker(docker) => Box::new(DockerCommand::new(docker, token, wait)),
        ProviderSettings::RunPod(runpod) => Box::new(RunPodApi::new(runpod, token, wait)?),
        ProviderSettings::Kubernetes(kubernetes) => {
            Box::new(KubernetesCluster::new(*kubernetes, settings.timeout))
        }
    }))
}

/// Client of the running pod in the settings, after its server has responded.
pub async fn connect(settings: &Settings) -> Result<Client> {
    let (url, token) = match (&settings.pod, &settings.starter, provider(settings)?) {
        (Some(pod), ..) => (Some(pod.url.clone()), pod.token.clone()),
        (None, Some(starter), Some(provider)) => {
            let pod = running(provider.as_ref()).await?;
            (provider.open(&pod).await?, starter.token.clone())
        }
        _ => (None, None),
    };
    let url = url.ok_or_else(|| Error::PodUnreachable {
        reason: "it has no address yet".to_owned(),
    })?;
    let client = Client::new(&url, token, settings.timeout)?;
    client.health().await?;
    Ok(client)
}

async fn running(provider: &dyn Provider) -> Result<Pod> {
    let mut pods = provider.pods().await?;
    pods.retain(|pod| pod.state == PodState::Running);
    match pods.len() {
        0 => {
            let hint = "`podslate new NAME` starts one.";
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
