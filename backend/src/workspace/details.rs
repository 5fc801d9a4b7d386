//! One project with its configuration.

use std::fs;
use std::path::Path;

use podslate_shared::api::{ProjectDetails, Success};
use podslate_shared::layout::STAGES;
use podslate_shared::{Error, ProjectName};
use serde_json::{Map, Value};

use super::{dir, project};

/// One project with its configuration.
pub type Details = ProjectDetails<Map<String, Value>>;

/// Reads the project `name`.
pub fn read(root: &Path, name: &ProjectName) -> Result<Details, Error> {
    let folder = root.join(name.as_str());
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|entry| entry.is_dir());
    if !is_folder(&folder) || !project::is_project(&folder) {
        // In a workspace that cannot be read, no project exists either.
        dir::read(root)?;
        return Err(Error::ProjectNotFound {
            name: name.to_string(),
        });
    }
    let stages = STAGES.iter();
    Ok(ProjectDetails {
        status: Success::Success,
        project_name: name.to_string(),
        project_path: folder.display().to_string(),
        config: project::read_config(&folder),
        folders: stages
            .map(|stage| (stage.name.to_owned(), is_folder(&folder.join(stage.folder))))
            .collect(),
        warnings: project::config_warning(&folder).into_iter().collect(),
    })
}
