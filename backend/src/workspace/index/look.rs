//! What one entry of the workspace is.

use std::io;
use std::path::Path;

use podslate_disk::{find, find_in};
use podslate_shared::layout::{CONFIG_PATH, STAGES};

use super::entries::{Entry, Kind, Project};
use super::moment::Moment;
use crate::workspace::dir;

/// Looks at the entry `name`; `None` if there is none.
///
/// # Errors
/// The disk does not say, which is not the same as that there is none.
pub fn entry(root: &Path, name: &str, has_ids: bool) -> io::Result<Option<Entry>> {
    let path = root.join(name);
    let Some(found) = find_in(root, name)? else {
        return Ok(None);
    };
    let kind = if found.is_dir() {
        let has_config = find(&path.join(CONFIG_PATH))?.is_some();
        if has_config || has_stage(&path)? {
            Kind::Project(Project {
                created: found.created().ok(),
                modified: found.modified().ok(),
                has_config,
                is_mounted: dir::is_mounted(&path),
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
    Ok(Some(Entry { id, kind, checked }))
}

fn has_stage(project: &Path) -> io::Result<bool> {
    for stage in STAGES {
        if find_in(project, stage.folder)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
