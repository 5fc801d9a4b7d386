//! Projects in a folder of this machine, by the embedded worker and without a server.

use std::path::Path;

use anyhow::Result;
use podslate_backend::Workspace;
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::say;

/// The variable that names a pod's project.
const NAME_VARIABLE: &str = "PROJECT_NAME";

/// Creates or completes the project that the environment names.
pub fn init(workspace: &Path, json: bool) -> Result<()> {
    let Some(name) = name_from_env()? else {
        let what = format!("{NAME_VARIABLE} is not set");
        return Err(ErrorBody::new(ErrorCode::RequestInvalid, &what).into());
    };
    say::done(&open_or_make(workspace)?.complete(&name)?, json)
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

/// Opens a workspace of this machine, and makes it if it is missing.
pub fn open_or_make(path: &Path) -> Result<Workspace> {
    Ok(Workspace::open_or_make(path, podslate_backend::worker()?)?)
}

/// Opens a workspace of this machine.
pub fn open(path: &Path) -> Result<Workspace> {
    Ok(Workspace::open(path, podslate_backend::worker()?)?)
}

/// The project that the environment names; an empty value is none.
pub fn name_from_env() -> Result<Option<ProjectName>, ErrorBody> {
    let name = std::env::var_os(NAME_VARIABLE).filter(|name| !name.is_empty());
    name.map(|name| parse(&name.to_string_lossy())).transpose()
}

/// Reads a name; the error says which rule it breaks.
pub fn parse(text: &str) -> Result<ProjectName, ErrorBody> {
    ProjectName::parse(text).map_err(|broken| ErrorBody::name(text, &broken))
}
