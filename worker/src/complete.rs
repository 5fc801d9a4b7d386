//! Completing a project: adding missing folders and files without changing existing ones.

use podslate_shared::layout::{CHARACTER, LayoutFile};
use podslate_shared::{Completed, Done, Error, FolderName, ProjectName, Result};

use crate::dir::{self, Dir, Kind};
use crate::workspace::{self, Workspace};
use crate::{create, temp_name};

/// Creates the project, or completes it if it exists.
pub fn create_or_complete(workspace: &Workspace, name: &ProjectName) -> Result<Done> {
    workspace.check_case(name, None)?;
    let folder = FolderName::from(name);
    if let Some(project) = workspace.open_project(&folder)? {
        return complete(workspace, name, &project).map(Done::Completed);
    }
    let created = create::publish(workspace, name);
    // Another program may have created it at the same moment.
    if matches!(created, Err(Error::NameTaken { .. }))
        && let Some(project) = workspace.open_project(&folder)?
    {
        return complete(workspace, name, &project).map(Done::Completed);
    }
    created.map(Done::Created)
}

fn complete(workspace: &Workspace, name: &ProjectName, project: &Dir) -> Result<Completed> {
    if !workspace::is_project(project) && !project.entries()?.is_empty() {
        return Err(Error::NotAProject { name: name.into() });
    }
    let missing = missing(name, project)?;
    for (path, file) in &missing {
        let added = match file {
            None => project.in_parent(path, Dir::create_dir),
            Some(file) => {
                let text = file.render(name);
                project.in_parent(path, |folder, name| add_file(folder, name, text.as_bytes()))
            }
        };
        match added {
            Ok(()) | Err(dir::Error::Exists) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Completed {
        project_name: name.clone(),
        project_path: workspace.project_path(name),
        added: missing.iter().map(|(path, _)| path.to_string()).collect(),
    })
}

/// Path of a folder, or of a file with its content.
type Entry = (&'static str, Option<&'static LayoutFile>);

/// Missing entries of the layout. Refuses a file in the place of a folder before anything is
/// written.
fn missing(name: &ProjectName, project: &Dir) -> Result<Vec<Entry>> {
    let folders = CHARACTER.directories.iter().map(|path| (*path, None));
    let files = CHARACTER.files.iter().map(|file| (file.path, Some(file)));
    let mut missing = Vec::new();
    // A link to a folder elsewhere is a person's choice: it exists, and so does all below it.
    let mut links: Vec<&str> = Vec::new();
    for (path, file) in folders.chain(files) {
        let is_below = |link: &&str| path.starts_with(&format!("{link}/"));
        if links.iter().any(is_below) {
            continue;
        }
        match (project.kind(path)?, file) {
            (None, _) => missing.push((path, file)),
            (Some(Kind::Link), None) => links.push(path),
            (Some(Kind::File | Kind::Special), None) => {
                let reason = format!("`{name}/{path}` is a file, not a folder");
                return Err(Error::IoFailed { reason });
            }
            _ => {}
        }
    }
    Ok(missing)
}

/// Writes the whole file under a hidden name, then renames it if its name is still free.
fn add_file(folder: &Dir, file: &str, bytes: &[u8]) -> dir::Result<()> {
    let staging = temp_name::staging()?;
    let added = folder
        .write_new(&staging, bytes)
        .and_then(|()| match folder.kind(file)? {
            None => folder.rename(&staging, file),
            Some(_) => Err(dir::Error::Exists),
        });
    if added.is_err() {
        let _ = folder.remove_file(&staging);
    }
    added
}
