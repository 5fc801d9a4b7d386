//! `podslate stop`: stops a pod that this program started.

use serde::Serialize;

use crate::args::Stop;
use crate::error::Result;
use crate::output;
use crate::pods::{Pod, PodState, Provider, choose, overview, provider};
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::no_provider_configured;

/// Result for programs.
#[derive(Serialize)]
struct Report {
    pod: Pod,
    /// Whether it had stopped before.
    was_stopped: bool,
    message: String,
}

pub fn run(args: &Stop, is_json: bool) -> Result<()> {
    let settings = Settings::load(&args.provider.as_pod_args())?;
    let provider = provider(&settings)?.ok_or_else(no_provider_configured)?;
    let stopped = stop(provider.as_ref(), &settings, args.name.as_deref());
    let report = block_on(stopped)?;
    if is_json {
        return output::action("stopped", &report);
    }
    output::result(&report.message)
}

async fn stop(provider: &dyn Provider, settings: &Settings, name: Option<&str>) -> Result<Report> {
    let pods = overview(provider, settings).await?;
    let pod = choose(provider.name(), pods, name, "stop")?;
    let label = pod.label();
    if matches!(pod.state, PodState::Stopped(_)) {
        let message = format!("The pod {label} has stopped already.");
        let was_stopped = true;
        return Ok(Report {
            pod,
            was_stopped,
            message,
        });
    }
    provider.stop(pod.handle()).await?;
    Ok(Report {
        message: format!("Stopped the pod {label}."),
        was_stopped: false,
        pod,
    })
}
