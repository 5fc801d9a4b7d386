//! Creation of a project on a pod.

use std::path::PathBuf;

use podslate_shared::ProjectName;

use super::report::{Outcome, Report};
use crate::args::{New, Via};
use crate::error::Error;
use crate::pods::Pod;
use crate::progress::Stages;
use crate::settings::Settings;

/// State of one run of the command.
pub struct Job<'a> {
    pub name: &'a ProjectName,
    pub args: &'a New,
    pub settings: &'a Settings,
    /// Workspace of this machine, which a pod on this machine mounts.
    pub dir: PathBuf,
    pub stages: Stages,
    /// Pod that was started, to be reported whatever happens next.
    pub pod: Option<Pod>,
}

impl Job<'_> {
    pub fn planned(&self, via: Via, why: &str, pod: Option<Pod>, how: Option<String>) -> Report {
        Report::new(Outcome::planned(self.name, via, how), via, why, pod)
    }
}

/// Result of looking for a pod.
pub enum Found {
    /// A pod created the project, or would.
    Pod(Box<Report>),
    /// No pod can be used, so this machine is next.
    None(Fallback),
}

/// Circumstances under which a project is created on this machine.
#[derive(Default)]
pub struct Fallback {
    /// Reason, as part of a sentence; `None` if no pod is configured.
    pub why: Option<String>,
    /// Pod that was started nevertheless.
    pub pod: Option<Pod>,
}

/// Error for a `--via` that needs a pod.
pub fn no_pod_configured() -> Error {
    let reason = "`--via` needs a pod, and none is configured".to_owned();
    Error::from(podslate_shared::Error::Usage { reason }).with_hint(
        "Give the address of a pod with `--pod URL`, or configure a provider in `podslate.toml`.",
    )
}
