//! Noting the former names of projects. Nothing here stops a rename: a name that is not noted is
//! only not followed later, so nothing here waits for the disk.

use podslate_shared::former::{MARKS_FOLDER, MAX_SIZE, RECORD_FILE, line};
use podslate_shared::{FolderName, ProjectName};

use crate::dir::{self, Dir};

/// Marks a name in the workspace as one that a project had before; returns whether the mark is new.
pub fn mark(workspace: &Dir, name: &FolderName) -> bool {
    let folder = match workspace.open_dir(MARKS_FOLDER) {
        Err(dir::Error::Missing) => workspace
            .create_dir(MARKS_FOLDER)
            .and_then(|()| workspace.open_dir(MARKS_FOLDER)),
        folder => folder,
    };
    folder.is_ok_and(|folder| folder.create_empty(name.as_str()).is_ok())
}

/// Removes a new mark.
pub fn unmark(workspace: &Dir, name: &FolderName) {
    if let Ok(folder) = workspace.open_dir(MARKS_FOLDER) {
        let _ = folder.remove_file(name.as_str());
    }
}

/// Adds a former name to the record in a project's folder of the configuration.
pub fn record(folder: &Dir, old: &str) {
    if let Some(line) = line(old) {
        let _ = folder.append(RECORD_FILE, line.as_bytes(), MAX_SIZE as u64);
    }
}

/// Notes the name of a project that somebody moved by hand, unless it was copied: then another one
/// still has that name.
pub fn note_moved(workspace: &Dir, folder: &Dir, old: &ProjectName) {
    if workspace.kind(old.as_str()) == Ok(None) {
        mark(workspace, &old.into());
        record(folder, old.as_str());
    }
}
