//! What there is to say about one project.

use std::fs;
use std::path::Path;

use podslate_shared::ProjectName;
use podslate_shared::api::Warning;
use podslate_shared::layout::{CONFIG_NAME_KEY, CONFIG_PATH, STAGES};
use serde_json::{Map, Value};

use super::walk::Stamp;

/// A configuration larger than this is not read: nobody writes one by hand.
const MOST_CONFIG_BYTES: u64 = 4 << 20;

/// A project's configuration, as far as a list tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// When it was looked at.
    pub stamp: Option<Stamp>,
    /// What is wrong with it.
    pub warning: Option<Warning>,
}

impl Config {
    /// Reads the configuration of the project in `folder`; `known` is used if nothing changed.
    pub fn of(folder: &Path, known: Option<Self>) -> Self {
        let stamp = Stamp::of(&folder.join(CONFIG_PATH));
        match known {
            Some(known) if known.stamp == stamp => known,
            _ => Self {
                stamp,
                warning: warning(folder),
            },
        }
    }
}

/// Whether the folder has a mark of the layout: a configuration or a stage.
pub fn is_project(folder: &Path) -> bool {
    let has = |path: &str| fs::symlink_metadata(folder.join(path)).is_ok();
    has(CONFIG_PATH) || STAGES.iter().any(|stage| has(stage.folder))
}

/// The configuration of the project in `folder`: `None` where it is missing or no JSON object.
pub fn read_config(folder: &Path) -> Option<Map<String, Value>> {
    let path = folder.join(CONFIG_PATH);
    // Not through a link, which may lead out of the workspace.
    let is_file = |entry: fs::Metadata| entry.is_file() && entry.len() <= MOST_CONFIG_BYTES;
    if !fs::symlink_metadata(&path).is_ok_and(is_file) {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    serde_json::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(&text)).ok()
}

/// What is wrong with the configuration of the project in `folder`.
pub fn warning(folder: &Path) -> Option<Warning> {
    if fs::symlink_metadata(folder.join(CONFIG_PATH)).is_err() {
        return Some(Warning::ConfigMissing);
    }
    match read_config(folder) {
        None => Some(Warning::ConfigInvalid),
        Some(config) => {
            let named = config.get(CONFIG_NAME_KEY).and_then(Value::as_str);
            let folder = folder.file_name().map(|name| name.to_string_lossy());
            (named != folder.as_deref()).then_some(Warning::ConfigNameDiffers)
        }
    }
}

/// The warning about a folder's name, if it breaks the rules.
pub fn name_warning(name: &str) -> Option<Warning> {
    ProjectName::parse(name)
        .is_err()
        .then_some(Warning::NameInvalid)
}
