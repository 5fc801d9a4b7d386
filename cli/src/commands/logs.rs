//! `podslate logs`: the last lines of a pod's log.

use serde::Serialize;

use crate::args::Logs;
use crate::error::Result;
use crate::output;
use crate::pods::{Pod, choose, overview, provider, without_tokens};
use crate::runtime::block_on;
use crate::settings::Settings;
use crate::target::no_provider_configured;

/// Result for programs.
#[derive(Serialize)]
struct Report {
    pod: Pod,
    lines: Vec<String>,
}

pub fn run(args: &Logs, is_json: bool) -> Result<()> {
    let settings = Settings::load(&args.provider.as_pod_args())?;
    let provider = provider(&settings)?.ok_or_else(no_provider_configured)?;
    let (pod, log) = block_on(async {
        let pods = overview(provider.as_ref(), &settings).await?;
        let pod = choose(provider.name(), pods, args.name.as_deref(), "logs")?;
        let log = provider.log(pod.handle(), args.tail).await?;
        Ok((pod, log))
    })?;
    let token = settings.starter.and_then(|starter| starter.token);
    let log = without_tokens(&log, token.as_ref());
    let lines: Vec<String> = log.lines().map(str::to_owned).collect();
    if is_json {
        return output::action("read", &Report { pod, lines });
    }
    output::lines(&lines)
}
