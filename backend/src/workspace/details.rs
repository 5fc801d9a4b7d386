//! One project in full.

use std::fs;
use std::path::Path;

use podslate_shared::api::{ProjectDetails, Success};
use podslate_shared::layout::STAGES;
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use serde_json::{Map, Value};

use super::project;

/// One project with its configuration.
pub type Details = ProjectDetails<Map<String, Value>>;

/// Reads the project `name`.
pub fn of(root: &Path, name: &ProjectName) -> Result<Details, ErrorBody> {
    let folder = root.join(name.as_str());
    let is_folder = fs::symlink_metadata(&folder).is_ok_and(|entry| entry.is_dir());
    if !is_folder || !project::is_project(&folder) {
        // There is none in a workspace that cannot be read, either.
        super::read(root)?;
        return Err(ErrorBody::new(ErrorCode::ProjectNotFound, name.as_str()));
    }
    let has =
        |stage: &str| fs::symlink_metadata(folder.join(stage)).is_ok_and(|entry| entry.is_dir());
    Ok(ProjectDetails {
        status: Success::Success,
        project_name: name.to_string(),
        project_path: folder.display().to_string(),
        config: project::read_config(&folder),
        folders: STAGES
            .iter()
            .map(|stage| (stage.name.to_owned(), has(stage.folder)))
            .collect(),
        warnings: project::warning(&folder).into_iter().collect(),
    })
}
