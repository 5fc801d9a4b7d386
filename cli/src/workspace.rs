//! Workspaces of this machine, changed by the embedded worker and without a server.

use std::path::{Path, PathBuf};

use podslate_backend::{SandboxError, Worker, Workspace};
use podslate_shared::{Error as ApiError, FolderName, ProjectName};

use crate::env_vars;
use crate::error::{Error, Result};

/// Opens a workspace.
pub fn open(path: &Path) -> Result<Workspace> {
    Ok(Workspace::open(path, worker()?)?)
}

/// Opens a workspace, and creates it if it is missing.
pub fn open_or_create(path: &Path) -> Result<Workspace> {
    Ok(Workspace::open_or_create(path, worker()?)?)
}

fn worker() -> Result<Worker> {
    podslate_backend::worker().map_err(|error| match error {
        SandboxError::NoMemory | SandboxError::Thread(_) => ApiError::from(error).into(),
        error => Error::unexpected(error),
    })
}

/// Absolute path of a project's folder.
pub fn project_dir(workspace: &Path, name: &FolderName) -> Result<PathBuf> {
    let workspace = open(workspace)?;
    workspace.details(name)?;
    Ok(workspace.root().join(name.as_str()))
}

/// Name in `PROJECT_NAME`; `None` if the variable is missing or empty.
pub fn project_from_env() -> Result<Option<ProjectName>> {
    let name = env_vars::get(env_vars::PROJECT_NAME);
    Ok(name
        .map(|name| name.to_string_lossy().parse())
        .transpose()?)
}
