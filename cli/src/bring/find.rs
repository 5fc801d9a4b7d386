//! Finding a project of this machine. Unlike the commands that make projects, these do not make a
//! workspace.

use std::path::{Path, PathBuf};

use anyhow::Result;
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use crate::local;

/// The folder of the project `name`, as an absolute path.
pub fn project(workspace: &Path, name: &ProjectName) -> Result<PathBuf> {
    if !workspace.is_dir() {
        let what = format!("`{}` is not a folder", workspace.display());
        return Err(ErrorBody::new(ErrorCode::WorkspaceUnavailable, &what).into());
    }
    let workspace = local::open(workspace)?;
    workspace.details(name)?;
    Ok(workspace.root().join(name.as_str()))
}
