//! Renaming a project: the folder's name is authoritative, and the configuration follows it.

use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{Cause, Error, FolderName, ProjectName, Renamed, Result};

use crate::config::Config;
use crate::dir::{self, Dir, Identity};
use crate::former;
use crate::workspace::{self, Workspace};

/// Renames the project `old` to `new`.
pub fn rename(workspace: &Workspace, old: &FolderName, new: &ProjectName) -> Result<Renamed> {
    let parent = &workspace.dir;
    let missing = || Error::ProjectNotFound {
        name: old.to_string(),
    };
    let taken = || Err(Error::NameTaken { name: new.clone() });
    let project = workspace.open_project(old)?.ok_or_else(missing)?;
    if !workspace.has_true_name(&project, old)? {
        return Err(missing());
    }
    let text = Config::open(parent, &project, old)
        .and_then(|config| config.map_or(Ok(None), |config| config.read()));
    if !matches!(text, Ok(Some(_))) && !workspace::is_project(&project) {
        return Err(Error::NotAProject { name: old.clone() });
    }
    workspace.check_case(new, Some(old.as_str()))?;
    // On a case-insensitive disk the new name may already lead to the project itself.
    if parent.kind(new.as_str())?.is_some() && (*old == *new || !is_at(parent, new, &project)) {
        return taken();
    }
    let text = text?;
    // Before the rename: an interrupted one must not leave a name that leads nowhere.
    let mark = former::mark(parent, old);
    let (renamed, project) = match parent.rename(old.as_str(), new.as_str()) {
        Err(dir::Error::Named(Cause::NoAccess | Cause::NotPermitted)) => {
            rename_closed(parent, project, (old, new))
        }
        Err(_) if is_at(parent, new, &project) => (Ok(()), Some(project)),
        renamed => (renamed, Some(project)),
    };
    if renamed.is_err() && mark {
        former::unmark(parent, old);
    }
    match renamed {
        Ok(()) => {}
        Err(dir::Error::Named(Cause::Busy)) => return Err(Error::Mounted { name: old.clone() }),
        Err(dir::Error::Missing) => return Err(missing()),
        Err(dir::Error::Exists | dir::Error::NotEmpty | dir::Error::NotDirectory) => {
            return taken();
        }
        Err(error) => return Err(error.into()),
    }
    // The project has its new name, whether or not its configuration can follow.
    let is_updated = project.is_some_and(|project| {
        replace_config(parent, &project, (old, new), text.as_deref()) == Ok(true)
            || update_config(parent, &project, new) == Ok(true)
    });
    Ok(Renamed {
        old_name: old.clone(),
        new_name: new.clone(),
        project_path: workspace.project_path(new),
        config_outdated: text.is_some() && !is_updated,
    })
}

/// Notes the old name beside the project's configuration, and writes the new one into it if it still
/// contains `text`; returns whether it did.
///
/// The project is reached through an open folder, so that no race leads to the configuration of
/// another. The new file shows under the project's new name if the folder is still there, and if
/// the runtime does not remember it by its path, which has changed.
fn replace_config(
    parent: &Dir,
    project: &Dir,
    (old, new): (&FolderName, &ProjectName),
    text: Option<&[u8]>,
) -> Result<bool> {
    let Some(config) = Config::open(parent, project, &new.into())? else {
        return Ok(false);
    };
    former::record(&config.folder, old.as_str());
    let Some(text) = text else {
        return Ok(false);
    };
    config.replace(text, new, &|file| {
        parent.has_new_file(&format!("{new}/{CONFIG_FOLDER}/{file}"))
    })
}

/// Writes the new name into the configuration as it is now, in the folder as the runtime finds it
/// under the new name; returns whether it did.
fn update_config(parent: &Dir, project: &Dir, new: &ProjectName) -> Result<bool> {
    let identity = project.identity()?;
    let moved = open_again(parent, new, identity);
    let Some(config) = Config::open(parent, moved.as_ref().unwrap_or(project), &new.into())? else {
        return Ok(false);
    };
    // A program that has renamed the project again updates the configuration itself.
    config.update(new, &|_| {
        let found = parent.identity_of(new.as_str());
        found.is_ok_and(|found| found == Some(identity))
    })
}

/// Renames a project while its folder is closed, because Windows renames none that is open. Returns
/// the folder, opened again.
fn rename_closed(
    parent: &Dir,
    project: Dir,
    (old, new): (&FolderName, &ProjectName),
) -> (dir::Result<()>, Option<Dir>) {
    let identity = match project.identity() {
        Ok(identity) => identity,
        Err(error) => return (Err(error), Some(project)),
    };
    drop(project);
    let renamed = parent.rename(old.as_str(), new.as_str());
    let moved = open_again(parent, new, identity);
    (if moved.is_some() { Ok(()) } else { renamed }, moved)
}

/// The project under its new name, unless another folder has taken its place.
fn open_again(parent: &Dir, new: &ProjectName, identity: Identity) -> Option<Dir> {
    let moved = parent.open_dir(new.as_str()).ok();
    moved.filter(|moved| moved.identity() == Ok(identity))
}

fn is_at(parent: &Dir, name: &ProjectName, project: &Dir) -> bool {
    let identity = project.identity().map(Some);
    identity.is_ok() && parent.identity_of(name.as_str()) == identity
}
