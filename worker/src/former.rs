//! Noting the former names of projects. Nothing here stops a rename: a name that is not noted is
//! only not followed later.

use podslate_shared::former::{MARKS_FOLDER, MAX_SIZE, RECORD_FILE, renamed};
use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{FolderName, ProjectName};

use crate::dir::{self, Dir};
use crate::temp_name;

/// Marks a name in the workspace as one that a project had before; returns whether the mark is new.
pub fn mark(workspace: &Dir, name: &FolderName) -> bool {
    let create = |folder: Dir| folder.write_new(name.as_str(), b"").is_ok();
    let _ = workspace.create_dir(MARKS_FOLDER);
    workspace.open_dir(MARKS_FOLDER).is_ok_and(create)
}

/// Removes a new mark.
pub fn unmark(workspace: &Dir, name: &FolderName) {
    if let Ok(folder) = workspace.open_dir(MARKS_FOLDER) {
        let _ = folder.remove_file(name.as_str());
    }
}

/// Writes a former name into the record of a project.
pub fn record(project: &Dir, old: &str, new: &str) {
    let _ = try_record(project, old, new);
}

fn try_record(project: &Dir, old: &str, new: &str) -> dir::Result<()> {
    let folder = project.open_dir(CONFIG_FOLDER)?;
    let bytes = match folder.read(RECORD_FILE, MAX_SIZE as u64) {
        Err(dir::Error::Missing) => Vec::new(),
        read => read?,
    };
    let Some(bytes) = renamed(&bytes, old, new) else {
        return Ok(());
    };
    let staging = temp_name::staging()?;
    let written = folder.write_new(&staging, &bytes);
    let renamed = written.and_then(|()| folder.rename(&staging, RECORD_FILE));
    if renamed.is_err() {
        let _ = folder.remove_file(&staging);
    }
    renamed
}

/// Notes the name of a project that somebody moved by hand, unless it was copied: then another one
/// still has that name.
pub fn note_moved(workspace: &Dir, project: &Dir, old: &ProjectName, new: &FolderName) {
    if workspace.kind(old.as_str()) == Ok(None) {
        mark(workspace, &old.into());
        record(project, old.as_str(), new.as_str());
    }
}
