//! Creating a project.
//!
//! A new project is built completely under a hidden name and appears by one rename, which is also
//! the only lock: of several programs at once, one succeeds.

use podslate_shared::layout::CHARACTER;
use podslate_shared::{Created, Error, ProjectName, Result};

use crate::dir::{self, Dir, Identity};
use crate::workspace::Workspace;
use crate::{cleanup, temp_name};

/// Maximum time to build a project, in seconds. Nothing older ever appears, so recovery may remove
/// what is much older.
const DEADLINE: u64 = 60;

/// Creates a project that must not exist yet.
pub fn create(workspace: &Workspace, name: &ProjectName) -> Result<Created> {
    workspace.check_free(name)?;
    publish(workspace, name)
}

/// Creates a project without looking for a conflicting name of another case.
pub fn publish(workspace: &Workspace, name: &ProjectName) -> Result<Created> {
    let start = dir::clock();
    let staging = temp_name::staging()?;
    let parent = &workspace.dir;
    parent.create_dir(&staging)?;
    let built = build(parent, &staging, name);
    let published = built.map_err(Error::from).and_then(|identity| {
        if dir::clock().saturating_sub(start) > DEADLINE {
            return Err(Error::TimedOut);
        }
        move_into_place(parent, &staging, identity, name)
    });
    if let Err(error) = published {
        let _ = cleanup::remove_project(parent, &staging);
        return Err(error);
    }
    Ok(Created {
        project_name: name.clone(),
        project_path: workspace.project_path(name),
    })
}

/// Fills the staging directory and closes it, because Windows does not rename a directory in which
/// something is open.
fn build(parent: &Dir, staging: &str, name: &ProjectName) -> dir::Result<Identity> {
    let project = parent.open_new_dir(staging)?;
    create_children(&project, "", &mut &*CHARACTER.directories)?;
    for file in CHARACTER.files {
        project.write_new(file.path, file.render(name).as_bytes())?;
    }
    project.identity()
}

/// Creates the directories at the start of `rest` whose paths begin with `prefix`, which leads to
/// `dir`. Each parent is opened once, because a runtime opens all parents of a path at every call.
fn create_children(dir: &Dir, prefix: &str, rest: &mut &[&str]) -> dir::Result<()> {
    while let Some((path, tail)) = rest.split_first()
        && let Some(name) = path.strip_prefix(prefix)
    {
        *rest = tail;
        dir.create_dir(name)?;
        let prefix = format!("{path}/");
        if tail.first().is_some_and(|next| next.starts_with(&prefix)) {
            create_children(&dir.open_new_dir(name)?, &prefix, rest)?;
        }
    }
    Ok(())
}

fn move_into_place(
    parent: &Dir,
    staging: &str,
    identity: Identity,
    name: &ProjectName,
) -> Result<()> {
    // The rename would replace an empty directory, so this is the last moment to look for one.
    if parent.kind(name.as_str())?.is_some() {
        return Err(Error::NameTaken { name: name.clone() });
    }
    let renamed = parent.rename(staging, name.as_str());
    let found = parent.identity_of(name.as_str());
    match renamed {
        // A network file system may have lost the response; the directory itself is the proof.
        _ if found == Ok(Some(identity)) => Ok(()),
        // Another program replaced the staging directory.
        Ok(()) if matches!(found, Ok(Some(_))) => Err(dir::Error::Exists.into()),
        Ok(()) => Ok(()),
        Err(dir::Error::Exists | dir::Error::NotEmpty | dir::Error::NotDirectory) => {
            Err(Error::NameTaken { name: name.clone() })
        }
        Err(error) => Err(error.into()),
    }
}
