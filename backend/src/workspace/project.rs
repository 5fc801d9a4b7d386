//! One project and its properties: the mark of a project, its configuration and its warnings.

use std::path::Path;

use podslate_folder::is_folder;
use podslate_shared::api::{ProjectDetails, Success, Warning};
use podslate_shared::layout::{CONFIG_NAME_KEY, CONFIG_PATH, STAGES};
use podslate_shared::{Error, ProjectName};
use serde_json::{Map, Value};

use super::dir;

/// Maximum size of a configuration that is read, in bytes; nobody writes a larger one by hand.
const MAX_CONFIG_SIZE: u64 = 4 << 20;

/// Whether the folder has a part of the layout: a configuration or a stage.
pub fn is_project(folder: &Path) -> bool {
    let exists = |path: &str| podslate_folder::metadata(&folder.join(path)).is_ok();
    exists(CONFIG_PATH) || STAGES.iter().any(|stage| exists(stage.folder))
}

/// Configuration of the project in `folder`; `None` if it is missing or not a JSON object.
pub fn read_config(folder: &Path) -> Option<Map<String, Value>> {
    let bytes = podslate_folder::read(&folder.join(CONFIG_PATH), MAX_CONFIG_SIZE).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    serde_json::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(&text)).ok()
}

/// Warning about the configuration of the project in `folder`.
pub fn config_warning(folder: &Path) -> Option<Warning> {
    if podslate_folder::metadata(&folder.join(CONFIG_PATH)).is_err() {
        return Some(Warning::ConfigMissing);
    }
    let Some(config) = read_config(folder) else {
        return Some(Warning::ConfigInvalid);
    };
    let name = config.get(CONFIG_NAME_KEY).and_then(Value::as_str);
    let folder = folder.file_name().map(|name| name.to_string_lossy());
    (name != folder.as_deref()).then_some(Warning::ConfigNameDiffers)
}

/// Whether the configuration has a valid name other than the folder's, as an interrupted rename
/// leaves it.
pub fn has_other_name(folder: &Path) -> bool {
    let config = read_config(folder).unwrap_or_default();
    let name = config.get(CONFIG_NAME_KEY).and_then(Value::as_str);
    let folder = folder.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| folder.as_deref() != Some(name) && ProjectName::parse(name).is_ok())
}

/// Warning about a folder's name that is not a valid project name.
pub fn name_warning(name: &str) -> Option<Warning> {
    let is_valid = ProjectName::parse(name).is_ok();
    (!is_valid).then_some(Warning::NameInvalid)
}

/// One project with its configuration.
pub type Details = ProjectDetails<Map<String, Value>>;

/// Reads the project `name` of the workspace at `root`, whose path without links is `real`.
pub fn read_details(root: &Path, real: &Path, name: &ProjectName) -> Result<Details, Error> {
    let folder = real.join(name.as_str());
    if !is_folder(&folder) || !is_project(&folder) {
        // In a workspace that cannot be read, no project exists either.
        dir::read(real)?;
        return Err(Error::ProjectNotFound {
            name: name.to_string(),
        });
    }
    let stages = STAGES.iter();
    Ok(ProjectDetails {
        status: Success::Success,
        project_name: name.to_string(),
        project_path: root.join(name.as_str()).display().to_string(),
        config: read_config(&folder),
        folders: stages
            .map(|stage| (stage.name.to_owned(), is_folder(&folder.join(stage.folder))))
            .collect(),
        warnings: config_warning(&folder).into_iter().collect(),
    })
}
