//! The pods that this program started, each with the present name of its project.

use futures_util::future::join_all;
use podslate_shared::FolderName;

use super::client::Client;
use super::pod::{Pod, PodState};
use super::provider::Provider;
use crate::error::Result;
use crate::settings::Settings;

/// All pods of a provider. A project that was renamed since has its present name, if the pod's
/// server says so in time.
pub async fn overview(provider: &dyn Provider, settings: &Settings) -> Result<Vec<Pod>> {
    let mut pods = provider.pods().await?;
    let projects = join_all(pods.iter().map(|pod| present_name(provider, pod, settings))).await;
    for (pod, project) in pods.iter_mut().zip(projects) {
        pod.project = project.or(pod.project.take());
    }
    pods.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(pods)
}

async fn present_name(provider: &dyn Provider, pod: &Pod, settings: &Settings) -> Option<String> {
    if pod.state != PodState::Running {
        return None;
    }
    let name = FolderName::parse(pod.project.as_deref()?).ok()?;
    let url = provider.open(pod).await.ok()??;
    let token = settings.starter.as_ref()?.token.clone();
    let client = Client::new(&url, token, settings.timeout).ok()?;
    client.health().await.ok()?;
    let present = client.present_name(&name).await.ok()??;
    Some(present.to_string())
}
