//! Noting and following the former names of projects. No note stops a rename: a name that is not
//! noted is only not followed later, so nothing here waits for the disk.

use podslate_shared::former::{MARKS_FOLDER, MAX_SIZE, RECORD_FILE, followed, has_name, line};
use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{Error, FolderName, ProjectName, Result};

use crate::dir::{self, Dir};
use crate::output;

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

/// The present name of a project that had the name before, which no entry has now, and says so.
pub fn follow(workspace: &Dir, name: ProjectName) -> Result<ProjectName> {
    let marks = workspace.open_dir(MARKS_FOLDER);
    let is_marked = marks.is_ok_and(|marks| matches!(marks.kind(name.as_str()), Ok(Some(_))));
    if !is_marked || workspace.kind(name.as_str())?.is_some() {
        return Ok(name);
    }
    let mut entries = workspace.entries()?;
    entries.retain(|(entry, is_dir)| *is_dir && had_name(workspace, entry, &name));
    let present = match entries.as_slice() {
        [] => return Ok(name),
        [(only, _)] => FolderName::parse(only)?,
        several => {
            let projects: Vec<_> = several.iter().map(|(entry, _)| entry.as_str()).collect();
            let (name, projects) = (name.to_string(), projects.join(", "));
            return Err(Error::FormerNameAmbiguous { name, projects });
        }
    };
    let Some(project) = present.as_project() else {
        let (name, new_name) = (name.to_string(), present);
        return Err(Error::Renamed { name, new_name });
    };
    let sentence = followed(name.as_str(), project.as_str());
    output::print_error(&format!("warning: {sentence}\n"));
    Ok(project)
}

fn had_name(workspace: &Dir, project: &str, name: &ProjectName) -> bool {
    let folder = workspace.open_dir(project);
    let folder = folder.and_then(|project| project.open_dir(CONFIG_FOLDER));
    let record = folder.and_then(|folder| folder.read(RECORD_FILE, MAX_SIZE as u64));
    record.is_ok_and(|record| has_name(&record, name.as_str()))
}
