//! What a server does with projects before it serves.

use podslate_shared::{Done, ErrorBody, ProjectName};

use crate::workspace::Workspace;

/// The default project's name, where nobody says another.
pub const DEFAULT_PROJECT: &str = "Exhibition";

/// What a start is told about projects.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The project to create, or to complete if it exists.
    pub project: Option<ProjectName>,
    /// The project to create in a workspace without projects, if none is named.
    pub default: Option<ProjectName>,
}

/// What a start found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The project that the pipeline runs in.
    pub project: Option<ProjectName>,
    /// What was done to it.
    pub done: Option<Done>,
}

/// Creates or completes the wished project. No file that exists is touched.
///
/// Without a wish the pipeline's project is the default one if it exists, or the only one.
///
/// # Errors
/// As [`Workspace::complete`].
pub fn prepare(workspace: &Workspace, wishes: &Wishes) -> Result<Found, ErrorBody> {
    let names = workspace.names()?;
    let default = wishes.default.as_ref().filter(|_| names.is_empty());
    if let Some(name) = wishes.project.as_ref().or(default) {
        return Ok(Found {
            done: Some(workspace.complete(name)?),
            project: Some(name.clone()),
        });
    }
    let is_there = |name: &&ProjectName| names.iter().any(|there| there == name.as_str());
    let only = || match names.as_slice() {
        [only] => ProjectName::parse(only).ok(),
        _ => None,
    };
    Ok(Found {
        project: wishes
            .default
            .as_ref()
            .filter(is_there)
            .cloned()
            .or_else(only),
        done: None,
    })
}
