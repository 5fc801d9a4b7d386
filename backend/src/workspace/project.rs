//! One project and its properties: the mark of a project, its configuration and its warnings.

use std::path::Path;

use podslate_disk::{NotRead, is_folder};
use podslate_shared::api::{ProjectDetails, Success, Warning};
use podslate_shared::layout::{CONFIG_PATH, STAGES};
use podslate_shared::{
    Config, ConfigProblem, ConfigReason, Error, FolderName, ProjectName, config,
};
use serde_json::value::RawValue;

use super::dir;
use super::stamp::FileId;

/// Whether the folder has a part of the layout: a configuration or a stage.
pub fn is_project(folder: &Path) -> bool {
    let exists = |path: &str| podslate_disk::metadata_of(&folder.join(path)).is_ok();
    exists(CONFIG_PATH) || STAGES.iter().any(|stage| exists(stage.folder))
}

/// What a list says of a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigState {
    pub warning: Option<Warning>,
    /// With [`Warning::ConfigInvalid`].
    pub problem: Option<ConfigProblem>,
    /// Whether it has a valid name other than the folder's, as an interrupted rename leaves it.
    pub has_other_name: bool,
}

/// Bytes of the configuration of the project in `folder`, unless it is missing.
///
/// # Errors
/// Why there are none that can be judged.
pub fn read_config(folder: &Path) -> Result<Option<Vec<u8>>, ConfigReason> {
    let max = config::MAX_SIZE as u64;
    match podslate_disk::read(&folder.join(CONFIG_PATH), max) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(NotRead::Missing) => Ok(None),
        Err(NotRead::NoFolder) => Err(ConfigReason::FolderReplaced),
        Err(NotRead::Link) => Err(ConfigReason::Link),
        Err(NotRead::Folder) => Err(ConfigReason::Folder),
        Err(NotRead::Special) => Err(ConfigReason::Special),
        Err(NotRead::TooLarge) => Err(ConfigReason::TooLarge),
        Err(NotRead::Failed(_)) => Err(ConfigReason::Unreadable),
    }
}

/// State of the configuration of the project in `folder`.
pub fn config_state(folder: &Path) -> ConfigState {
    let name = folder.file_name().map(|name| name.to_string_lossy());
    judge(&read_config(folder), &name.unwrap_or_default())
}

fn judge(config: &Result<Option<Vec<u8>>, ConfigReason>, folder: &str) -> ConfigState {
    let bytes = match config {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return with_warning(Warning::ConfigMissing, None),
        Err(reason) => return with_warning(Warning::ConfigInvalid, Some((*reason).into())),
    };
    match Config::parse(bytes) {
        Ok(config) if config.name().as_deref() == Some(folder) => ConfigState::default(),
        Ok(config) => ConfigState {
            has_other_name: config.project_name().is_some(),
            ..with_warning(Warning::ConfigNameDiffers, None)
        },
        Err(problem) => with_warning(Warning::ConfigInvalid, Some(problem)),
    }
}

fn with_warning(warning: Warning, problem: Option<ConfigProblem>) -> ConfigState {
    ConfigState {
        warning: Some(warning),
        problem,
        has_other_name: false,
    }
}

/// Warning about a folder's name that is not a valid project name.
pub fn name_warning(name: &str) -> Option<Warning> {
    let is_valid = ProjectName::parse(name).is_ok();
    (!is_valid).then_some(Warning::NameInvalid)
}

/// One project with its configuration as it is written.
pub type Details = ProjectDetails<Box<RawValue>>;

/// Reads the project `name` of the workspace at `root`, whose path without links is `real`.
pub fn read_details(root: &Path, real: &Path, name: &FolderName) -> Result<Details, Error> {
    let folder = real.join(name.as_str());
    if !is_folder(&folder) || !is_project(&folder) || !has_true_name(real, name) {
        // In a workspace that cannot be read, no project exists either.
        dir::read(real)?;
        return Err(Error::ProjectNotFound {
            name: name.to_string(),
        });
    }
    let bytes = read_config(&folder);
    let state = judge(&bytes, name.as_str());
    let valid = bytes.ok().flatten();
    let valid = valid.as_deref().and_then(|bytes| Config::parse(bytes).ok());
    let stages = STAGES.iter();
    Ok(ProjectDetails {
        status: Success::Success,
        project_name: name.to_string(),
        project_path: root.join(name.as_str()).display().to_string(),
        config: valid.and_then(|config| RawValue::from_string(config.json().to_owned()).ok()),
        folders: stages
            .map(|stage| (stage.name.to_owned(), is_folder(&folder.join(stage.folder))))
            .collect(),
        warnings: state.warning.into_iter().collect(),
        config_problem: state.problem,
        mounted: dir::is_mounted(&folder),
    })
}

/// Whether the folder has exactly this name, which is not certain where case does not matter.
fn has_true_name(root: &Path, name: &FolderName) -> bool {
    let id = |name: &str| podslate_disk::metadata_in(root, name).map(|entry| FileId::from(&entry));
    let other = name.in_other_case();
    let is_same = match (id(name.as_str()), id(&other)) {
        (Ok(id), Ok(other)) => id == other,
        _ => false,
    };
    if !is_same || other == name.as_str() {
        return true;
    }
    let mut entries = podslate_disk::entries(root).into_iter().flatten().flatten();
    entries.any(|entry| entry.name() == name.as_str())
}
