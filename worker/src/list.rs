//! Listing the projects of a workspace.

use podslate_shared::Done;

use crate::Answer;
use crate::args::Command;
use crate::workspace::Workspace;

/// Lists the projects by name.
pub fn list(command: &Command) -> Answer {
    let projects = Workspace::open(command)?.projects()?;
    let count = projects.len();
    Ok(Done::Listed { projects, count })
}
