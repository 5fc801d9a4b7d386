//! What one entry of the workspace is.

use std::fs;
use std::path::Path;

use podslate_shared::layout::{CONFIG_PATH, STAGES};

use super::entries::{Entry, Kind, Project};
use super::state::Moment;

/// Looks at the entry `name`; `None` if there is none.
pub fn entry(root: &Path, name: &str, has_ids: bool) -> Option<Entry> {
    let path = root.join(name);
    let found = fs::symlink_metadata(&path).ok()?;
    let kind = if found.is_dir() {
        let exists = |part: &str| fs::symlink_metadata(path.join(part)).is_ok();
        let has_config = exists(CONFIG_PATH);
        if has_config || STAGES.iter().any(|stage| exists(stage.folder)) {
            Kind::Project(Project {
                created: found.created().ok(),
                modified: found.modified().ok(),
                has_config,
                contents: None,
            })
        } else {
            Kind::Folder
        }
    } else {
        Kind::Other
    };
    let id = has_ids.then(|| (&found).into());
    let checked = (!matches!(kind, Kind::Project(_))).then(Moment::now);
    Some(Entry { id, kind, checked })
}
