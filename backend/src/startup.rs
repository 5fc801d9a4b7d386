//! Preparation of the workspace before the server starts.

use podslate_shared::{Done, Error, FolderName, ProjectName};

use crate::workspace::Workspace;

/// Name of the default project, unless another one is given.
pub const DEFAULT_PROJECT: &str = "Exhibition";

/// Projects that a start is asked for.
#[derive(Clone, Debug, Default)]
pub struct StartupOptions {
    /// Project to create, or to complete if it exists.
    pub project: Option<ProjectName>,
    /// Project to create in a workspace without projects, unless `project` is given.
    pub default_project: Option<ProjectName>,
}

/// Result of [`prepare`].
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Project that the pipeline runs in.
    pub project: Option<FolderName>,
    /// Change that was made to it.
    pub done: Option<Done>,
    /// Name that the options still have for it, which it had before.
    pub former_name: Option<ProjectName>,
}

/// Creates or completes the project of the options. No existing file is changed. A project that was
/// renamed is followed to its present name.
///
/// If nothing is created or completed, the pipeline runs in the default project if it exists, or
/// in the only project.
///
/// # Errors
/// As for [`Workspace::complete`].
pub fn prepare(workspace: &Workspace, options: &StartupOptions) -> Result<Prepared, Error> {
    let default = options.default_project.as_ref();
    // Whether there are none, one or more; looking into all would delay the start.
    let names = match &options.project {
        Some(_) => Vec::new(),
        None => workspace.some_names(2)?,
    };
    let new = default.filter(|_| names.is_empty());
    let followed = match &options.project {
        Some(name) => workspace
            .former(name.as_str())?
            .map(|project| (name, project)),
        None => None,
    };
    if let Some((former, project)) = followed {
        // Folders of any name are followed, but only valid names are completed.
        let name = project.as_project();
        return Ok(Prepared {
            done: name.map(|name| workspace.complete(&name)).transpose()?,
            project: Some(project),
            former_name: Some(former.clone()),
        });
    }
    if let Some(name) = options.project.as_ref().or(new) {
        return Ok(Prepared {
            done: Some(workspace.complete(name)?),
            project: Some(name.into()),
            former_name: None,
        });
    }
    let default = default.map(FolderName::from);
    let existing_default = default.filter(|name| workspace.details(name).is_ok());
    let project = match names.as_slice() {
        _ if existing_default.is_some() => existing_default,
        [only] => FolderName::parse(only).ok(),
        _ => None,
    };
    Ok(Prepared {
        project,
        ..Prepared::default()
    })
}
