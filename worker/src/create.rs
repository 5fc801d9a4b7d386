//! Creating a project, and completing one that exists.
//!
//! A new project is made whole under a hidden name beside its place and appears by one rename,
//! which is also the only lock: of several programs at once, one wins.

use podslate_shared::layout::{CHARACTER, Layout, STAGING_PREFIX};
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::Answer;
use crate::args::{Command, NAME_VARIABLE};
use crate::dir::{self, Dir, Error, Kind};
use crate::leftovers;
use crate::workspace::{self, Workspace, failed};

const LAYOUT: &Layout = &CHARACTER;

/// A project that is not whole after so many seconds never appears, so that recovery need not wonder
/// about what is far older.
const DEADLINE: u64 = 60;

/// Creates a project that must not exist yet.
pub fn new(command: &Command, name: &str) -> Answer {
    let name = workspace::parse_name(name)?;
    let workspace = Workspace::open_or_make(command)?;
    workspace.refuse_taken(&name)?;
    publish(&workspace, &name)
}

/// Creates the project that the environment names, or adds what it misses.
pub fn from_env(command: &Command) -> Answer {
    let Some(name) = std::env::var_os(NAME_VARIABLE) else {
        let what = format!("{NAME_VARIABLE} is not set");
        return Err(ErrorBody::new(ErrorCode::RequestInvalid, &what));
    };
    let name = workspace::parse_name(&name.to_string_lossy())?;
    let workspace = Workspace::open_or_make(command)?;
    workspace.refuse_twin(&name, None)?;
    if let Some(project) = workspace::directory(&workspace.dir, &name)? {
        return complete(&workspace, &name, &project);
    }
    match publish(&workspace, &name) {
        // Another program made it at the same moment, which is as good.
        Err(error) if error.code == ErrorCode::NameTaken => {
            match workspace::directory(&workspace.dir, &name)? {
                Some(project) => complete(&workspace, &name, &project),
                None => Err(error),
            }
        }
        answer => answer,
    }
}

fn publish(workspace: &Workspace<'_>, name: &ProjectName) -> Answer {
    let begun = dir::clock();
    let staging = workspace::hidden_name(STAGING_PREFIX)?;
    let parent = &workspace.dir;
    parent.make_dir(&staging).map_err(failed)?;
    let built = build(parent, &staging, name).map_err(failed);
    let published = built.and_then(|identity| {
        if dir::clock().saturating_sub(begun) > DEADLINE {
            return Err(ErrorBody::new(ErrorCode::TimedOut, ""));
        }
        let renamed = parent.rename(&staging, name.as_str());
        let found = parent.identity_of(name.as_str());
        match renamed {
            // A network file system may have lost the answer: the directory itself tells.
            _ if found == Ok(Some(identity)) => Ok(()),
            // Somebody put another entry into the staging directory's place.
            Ok(()) if matches!(found, Ok(Some(_))) => Err(failed(Error::Exists)),
            Ok(()) => Ok(()),
            Err(Error::Exists | Error::NotEmpty | Error::NotDirectory) => {
                Err(ErrorBody::new(ErrorCode::NameTaken, name.as_str()))
            }
            Err(error) => Err(failed(error)),
        }
    });
    if let Err(error) = published {
        let _ = leftovers::discard(parent, &staging);
        return Err(error);
    }
    let path = workspace.path_of(name);
    let message = format!("Created project {name} in {path}.");
    Ok(Done::Created {
        project_name: name.to_string(),
        project_path: path,
        message,
    })
}

/// Fills the staging directory; its identity afterwards. It is closed again, because Windows does
/// not rename a directory in which something is open.
fn build(
    parent: &Dir,
    staging: &str,
    name: &ProjectName,
) -> crate::dir::Result<crate::dir::Identity> {
    let stage = parent.open_dir(staging)?;
    for directory in LAYOUT.directories {
        stage.make_dir(directory)?;
    }
    for file in LAYOUT.files {
        stage.write_new(file.path, file.render(name).as_bytes())?;
    }
    stage.identity()
}

fn complete(workspace: &Workspace<'_>, name: &ProjectName, project: &Dir) -> Answer {
    let is_empty = || project.entries().map(|entries| entries.is_empty());
    if !workspace::is_project(project, "") && !is_empty().map_err(failed)? {
        return Err(ErrorBody::new(ErrorCode::NotAProject, name.as_str()));
    }
    let missing = missing(name, project)?;
    for directory in &missing.directories {
        match project.make_dir(directory) {
            Ok(()) | Err(Error::Exists) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    for file in &missing.files {
        add_file(project, file.path, file.render(name).as_bytes())?;
    }
    let path = workspace.path_of(name);
    let added: Vec<String> = missing
        .directories
        .iter()
        .copied()
        .chain(missing.files.iter().map(|file| file.path))
        .map(str::to_owned)
        .collect();
    let message = match added.len() {
        0 => format!("Project {name} in {path} is complete."),
        count => format!("Completed project {name} in {path}: {count} added, nothing changed."),
    };
    Ok(Done::Completed {
        project_name: name.to_string(),
        project_path: path,
        added,
        message,
    })
}

struct Missing {
    directories: Vec<&'static str>,
    files: Vec<&'static podslate_shared::layout::LayoutFile>,
}

/// What the project misses. Refuses a file in a folder's place before anything is written.
fn missing(name: &ProjectName, project: &Dir) -> Result<Missing, ErrorBody> {
    let mut missing = Missing {
        directories: Vec::new(),
        files: Vec::new(),
    };
    // A link is a person's own choice of place: it counts as there, with all below it.
    let mut links: Vec<&str> = Vec::new();
    let below = |links: &[&str], path: &str| {
        links.iter().any(|link| {
            path.strip_prefix(link)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    for directory in LAYOUT.directories {
        if below(&links, directory) {
            continue;
        }
        match project.kind(directory).map_err(failed)? {
            None => missing.directories.push(directory),
            Some(Kind::Directory) => {}
            Some(Kind::Link) => links.push(directory),
            Some(Kind::File) => {
                let what = format!("`{name}/{directory}` is a file where a folder belongs");
                return Err(ErrorBody::new(ErrorCode::IoFailed, &what));
            }
        }
    }
    for file in LAYOUT.files {
        if !below(&links, file.path) && project.kind(file.path).map_err(failed)?.is_none() {
            missing.files.push(file);
        }
    }
    Ok(missing)
}

/// Writes a file whole under a hidden name, then gives it its name if that is still free.
fn add_file(project: &Dir, path: &str, bytes: &[u8]) -> Result<(), ErrorBody> {
    let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
    let folder = project.open_dir(folder).map_err(failed)?;
    let staging = workspace::hidden_name(STAGING_PREFIX)?;
    let result = folder
        .write_new(&staging, bytes)
        .and_then(|()| match folder.kind(file)? {
            None => folder.rename(&staging, file),
            Some(_) => Err(Error::Exists),
        });
    if result.is_err() {
        let _ = folder.remove_file(&staging);
    }
    match result {
        Ok(()) | Err(Error::Exists) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}
