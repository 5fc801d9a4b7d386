//! Target of a command that works on a workspace or on a pod.

use std::path::PathBuf;

use crate::args::{PodArgs, WorkspaceArgs};
use crate::error::Result;
use crate::settings::Settings;

/// Place of the projects that a command works on.
#[derive(Debug)]
pub enum Target {
    /// A workspace of this machine.
    Local(PathBuf),
    /// A pod, found by its settings.
    Pod(Box<Settings>),
}

impl Target {
    /// Chooses the target: the pod or the workspace that was given, the pod in the settings, or the
    /// default workspace.
    pub fn resolve(pod: &PodArgs, workspace: &WorkspaceArgs) -> Result<Self> {
        let is_pod_given = pod.pod.as_ref().is_some_and(|url| !url.is_empty());
        if is_pod_given || workspace.given().is_none() {
            let settings = Settings::load(pod)?;
            if settings.has_pod() {
                return Ok(Self::Pod(Box::new(settings)));
            }
        }
        Ok(Self::Local(workspace.path()))
    }
}
