//! State of one run of `podslate new`.

use std::path::PathBuf;

use podslate_shared::ProjectName;

use super::report::Report;
use crate::args::{New, Via};
use crate::error::Error;
use crate::pods::Pod;
use crate::progress::Stages;
use crate::settings::Settings;

/// Outcome of looking for a pod.
pub enum Outcome {
    /// A pod created the project, or would.
    OnPod(Box<Report>),
    /// No pod can be used, so this machine is next.
    NoPod(Fallback),
}

/// Circumstances under which a project is created on this machine.
#[derive(Default)]
pub struct Fallback {
    /// Reason, as part of a sentence; `None` if no pod is configured.
    pub why: Option<String>,
    /// Pod that was started nevertheless.
    pub pod: Option<Pod>,
}

/// Creation of a project on a pod.
pub struct Job<'a> {
    pub name: ProjectName,
    pub args: &'a New,
    pub settings: &'a Settings,
    /// Workspace of this machine, which a pod on this machine mounts.
    pub dir: PathBuf,
    pub stages: Stages,
    /// Pod that was started, to be reported whatever happens next.
    pub pod: Option<Pod>,
}

impl<'a> Job<'a> {
    /// A job that has not started.
    pub fn new(name: ProjectName, args: &'a New, settings: &'a Settings, dir: PathBuf) -> Self {
        Self {
            name,
            args,
            settings,
            dir,
            stages: Stages::new(),
            pod: None,
        }
    }

    /// Outcome of a dry run.
    pub fn planned(&self, via: Via, why: &str, pod: Option<Pod>, how: Option<String>) -> Report {
        Report::planned(&self.name, via, why, pod, how)
    }
}

/// Error for a way that needs a pod.
pub fn no_pod_configured() -> Error {
    let reason = "no pod is configured for `--via`".to_owned();
    Error::from(podslate_shared::Error::Usage { reason }).with_hint(
        "Give the address of a pod with `--pod URL`, or configure a provider in `podslate.toml`.",
    )
}
