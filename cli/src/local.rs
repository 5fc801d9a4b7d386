//! Projects in a folder of this machine, by the embedded worker and without a server.

use std::path::Path;

use anyhow::Result;
use podslate_backend::Workspace;
use podslate_shared::{Done, ErrorBody, ProjectName};

use crate::say;

/// Creates a project.
pub fn create(workspace: &Path, name: &str, json: bool) -> Result<()> {
    // Before the workspace is opened: a wrong name leaves no folder behind.
    let name = parse(name)?;
    say::done(&open(workspace)?.create(&name)?, json)
}

/// Lists the projects.
pub fn list(workspace: &Path, json: bool) -> Result<()> {
    let projects = open(workspace)?.names()?;
    let count = projects.len();
    say::done(&Done::Listed { projects, count }, json)
}

/// Renames a project.
pub fn rename(workspace: &Path, old: &str, new: &str, json: bool) -> Result<()> {
    let (old, new) = (parse(old)?, parse(new)?);
    say::done(&open(workspace)?.rename(&old, &new)?, json)
}

/// Brings to its end what interrupted work left behind.
pub fn recover(workspace: &Path, json: bool) -> Result<()> {
    say::done(&open(workspace)?.recover()?, json)
}

/// Opens a workspace of this machine.
pub fn open(path: &Path) -> Result<Workspace> {
    Ok(Workspace::open(path, podslate_backend::worker()?)?)
}

/// Reads a name; the error says which rule it breaks.
pub fn parse(text: &str) -> Result<ProjectName, ErrorBody> {
    ProjectName::parse(text).map_err(|broken| ErrorBody::name(text, &broken))
}
