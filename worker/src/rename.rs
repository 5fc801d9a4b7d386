//! Renaming a project: the folder's name is the truth, the configuration follows it.

use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::Answer;
use crate::args::Command;
use crate::config::Config;
use crate::dir::{Dir, Error};
use crate::workspace::{self, Workspace, failed};

/// Renames the project `old` to `new`.
pub fn rename(command: &Command, old: &str, new: &str) -> Answer {
    let (old, new) = (workspace::parse_name(old)?, workspace::parse_name(new)?);
    let workspace = Workspace::open(command)?;
    let missing = || ErrorBody::new(ErrorCode::ProjectNotFound, old.as_str());
    let project = workspace::directory(&workspace.dir, &old)?.ok_or_else(missing)?;
    if !workspace::is_project(&project, "") {
        return Err(ErrorBody::new(ErrorCode::NotAProject, old.as_str()));
    }
    refuse_taken(&workspace, &project, &old, &new)?;
    let has_config = Config::open(&project, &old)?.read(&old)?.is_some();

    match workspace.dir.rename(old.as_str(), new.as_str()) {
        Ok(()) => {}
        Err(_) if is_at(&workspace.dir, &new, &project) => {}
        Err(Error::Missing) => return Err(missing()),
        Err(Error::Exists | Error::NotEmpty | Error::NotDirectory) => {
            return Err(ErrorBody::new(ErrorCode::NameTaken, new.as_str()));
        }
        Err(error) => return Err(failed(error)),
    }

    // From here on the project has its new name, whatever becomes of the configuration.
    let mut message = format!("Renamed project {old} to {new}.");
    let written = follow(&workspace.dir, &project, &new);
    if has_config && written != Ok(true) {
        message += " Its pipeline/config.json could not be updated and still says the old name.";
    }
    let project_path = workspace.path_of(&new);
    Ok(Done::Renamed {
        old_name: old.into(),
        new_name: new.into(),
        project_path,
        message,
    })
}

/// Puts the new name into the project's configuration; whether there was one.
///
/// The project is reached through an open folder, so that it is this project's configuration in
/// any race. Some runtimes remember a folder by its path, which is another one now, so it is opened
/// anew where it is found.
fn follow(parent: &Dir, project: &Dir, new: &ProjectName) -> Result<bool, ErrorBody> {
    let identity = project.identity().map_err(failed)?;
    let moved = parent.open_dir(new.as_str()).ok();
    let moved = moved.filter(|moved| moved.identity() == Ok(identity));
    let config = Config::open(moved.as_ref().unwrap_or(project), new)?;
    // Whoever renamed the project on meanwhile sees to its configuration.
    config.write_name(new, &|| {
        let found = parent.identity_of(new.as_str());
        found.is_ok_and(|found| found != Some(identity))
    })
}

/// Refuses a new name that another entry has; the project itself may change its capitals.
fn refuse_taken(
    workspace: &Workspace<'_>,
    project: &Dir,
    old: &ProjectName,
    new: &ProjectName,
) -> Result<(), ErrorBody> {
    workspace.refuse_twin(new, Some(old))?;
    let taken = workspace.dir.kind(new.as_str()).map_err(failed)?.is_some();
    let is_itself = old != new && is_at(&workspace.dir, new, project);
    match taken && !is_itself {
        true => Err(ErrorBody::new(ErrorCode::NameTaken, new.as_str())),
        false => Ok(()),
    }
}

fn is_at(parent: &Dir, name: &ProjectName, project: &Dir) -> bool {
    match (parent.identity_of(name.as_str()), project.identity()) {
        (Ok(Some(found)), Ok(identity)) => found == identity,
        _ => false,
    }
}
