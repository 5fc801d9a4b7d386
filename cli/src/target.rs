//! Target of a command that works on a workspace or on a pod.

use std::path::{Path, PathBuf};

use crate::args::{Place, PodArgs, WorkspaceArgs};
use crate::error::{Error, Result};
use crate::host_path;
use crate::settings::{self, Settings};

/// Place of the projects that a command works on.
#[derive(Debug)]
pub enum Target {
    /// A workspace of this machine.
    Local(PathBuf),
    /// A pod, found by its settings, and the workspace of this machine that is used without one.
    Pod(Box<Settings>, PathBuf),
}

impl Target {
    /// Chooses the target: the place, the pod or the workspace that was given, the pod in the
    /// settings, or the default workspace.
    pub fn resolve(pod: &PodArgs, workspace: &WorkspaceArgs, via: Option<Place>) -> Result<Self> {
        let is_pod_wanted = pod.given_pod().is_some() || via == Some(Place::Api);
        let is_here = via == Some(Place::Local) || workspace.given().is_some() && !is_pod_wanted;
        if is_here {
            return Ok(Self::Local(local_dir(workspace, pod)?));
        }
        let settings = Settings::load(pod)?;
        if settings.has_pod() {
            let dir = here(workspace, dir(workspace, settings.workspace()));
            return Ok(Self::Pod(Box::new(settings), dir));
        }
        match via {
            Some(Place::Api) => Err(no_pod_configured()),
            _ => Ok(Self::Local(workspace.path())),
        }
    }

    /// The workspace of this machine.
    pub fn workspace(self) -> PathBuf {
        match self {
            Self::Local(dir) | Self::Pod(_, dir) => dir,
        }
    }
}

/// Error for a `--via` that needs a pod.
pub fn no_pod_configured() -> Error {
    let reason = "`--via` needs a pod, and none is configured".to_owned();
    Error::from(podslate_shared::Error::Usage { reason }).with_hint(
        "Give the address of a pod with `--pod URL`, or configure a provider in `podslate.toml`.",
    )
}

/// Error for a command that needs a provider.
pub fn no_provider_configured() -> Error {
    let reason = "no provider of pods is configured".to_owned();
    Error::SettingsInvalid { reason }.with_hint(
        "Add `[docker]`, `[kubernetes]` or `[runpod]` to `podslate.toml`; see \
             `docs/podslate.toml.md`.",
    )
}

/// Workspace in the arguments or the settings, or the default one. An absolute Windows path stays
/// unchanged on every system: Docker may run there.
pub fn dir(workspace: &WorkspaceArgs, of_settings: Option<&Path>) -> PathBuf {
    let given = workspace.given().or(of_settings).map(PathBuf::from);
    let path = given.unwrap_or_else(|| workspace.path());
    if path.to_str().is_some_and(host_path::is_windows_absolute) {
        return path;
    }
    std::path::absolute(&path).unwrap_or(path)
}

/// The workspace `dir`, or the default one if `dir` is on a machine that runs Windows.
pub fn here(workspace: &WorkspaceArgs, dir: PathBuf) -> PathBuf {
    let is_elsewhere = !cfg!(windows) && dir.to_str().is_some_and(host_path::is_windows_absolute);
    if is_elsewhere { workspace.path() } else { dir }
}

/// Workspace for a command that needs no pod.
fn local_dir(workspace: &WorkspaceArgs, pod: &PodArgs) -> Result<PathBuf> {
    let of_settings = match workspace.given() {
        Some(_) => None,
        None => settings::local_workspace(pod)?,
    };
    Ok(here(workspace, dir(workspace, of_settings.as_deref())))
}

/// Adds to an error that no pod can be used how to do without.
pub fn without_pod(error: Error, dir: &Path) -> Error {
    if error.no_pod_reason().is_none() {
        return error;
    }
    let hint = error.hint().unwrap_or_default();
    let dir = dir.display();
    let hint = format!("{hint} Without a pod, add `--via local` to use `{dir}` on this machine.");
    error.with_hint(hint.trim_start())
}
