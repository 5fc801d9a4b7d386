//! Workspaces with many projects, made as fast as the disk allows.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, ensure};
use podslate_shared::ProjectName;
use podslate_shared::layout::{CHARACTER, CONFIG_FOLDER};

use crate::native;

/// Threads that create projects.
const THREADS: usize = 2;

/// Content of the projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All folders of the layout and the configuration.
    Whole,
    /// One stage and the configuration, where 34 entries for each project are too many.
    Thin,
}

impl Kind {
    /// Number of entries of a project.
    fn entries(self) -> u64 {
        match self {
            Self::Whole => 1 + (CHARACTER.directories.len() + CHARACTER.files.len()) as u64,
            Self::Thin => 4,
        }
    }
}

/// The name of project `number`.
pub fn name(number: usize) -> String {
    format!("Project{number:06}")
}

/// A workspace with `count` projects below `dir`, which is kept for the next run.
pub fn dataset(dir: &Path, count: usize, kind: Kind) -> Result<PathBuf> {
    let title = format!("projects-{count}-{kind:?}").to_lowercase();
    let (workspace, complete) = (dir.join(&title), dir.join(title + ".complete"));
    if complete.exists() && workspace.is_dir() {
        return Ok(workspace);
    }
    if workspace.exists() {
        fs::remove_dir_all(&workspace)?;
    }
    fs::create_dir_all(&workspace)?;
    create(&workspace, count, kind)?;
    fs::write(complete, "")?;
    Ok(workspace)
}

/// Creates `count` projects in a workspace that has none.
pub fn create(workspace: &Path, count: usize, kind: Kind) -> Result<()> {
    ensure_space(workspace, count as u64 * kind.entries())?;
    let step = count.div_ceil(THREADS).max(1);
    thread::scope(|scope| {
        let create = |first: usize| {
            let numbers = first..count.min(first + step);
            scope.spawn(move || {
                numbers
                    .into_iter()
                    .try_for_each(|n| add(workspace, n, kind))
            })
        };
        let threads: Vec<_> = (0..count).step_by(step).map(create).collect();
        let mut results = threads.into_iter().map(|thread| thread.join());
        results.try_for_each(|result| result.expect("no panic"))
    })
}

fn add(workspace: &Path, number: usize, kind: Kind) -> Result<()> {
    let name = name(number);
    let project = ProjectName::parse(&name)?;
    let folder = workspace.join(name);
    fs::create_dir(&folder)?;
    if kind == Kind::Whole {
        return Ok(native::write(&folder, &project, false)?);
    }
    fs::create_dir(folder.join("0_input"))?;
    fs::create_dir(folder.join(CONFIG_FOLDER))?;
    for file in CHARACTER.files {
        fs::write(folder.join(file.path), file.render(&project))?;
    }
    Ok(())
}

/// Refuses what the disk has no room for.
#[cfg(unix)]
fn ensure_space(workspace: &Path, entries: u64) -> Result<()> {
    let disk = rustix::fs::statvfs(workspace)?;
    // Each folder takes a block.
    let needed = entries * disk.f_frsize;
    let free = disk.f_bavail * disk.f_frsize;
    ensure!(
        (disk.f_files == 0 || disk.f_favail > entries * 2) && free > needed * 2,
        "{} has no room for {entries} entries",
        workspace.display()
    );
    Ok(())
}

#[cfg(not(unix))]
fn ensure_space(workspace: &Path, _: u64) -> Result<()> {
    ensure!(workspace.is_dir(), "{} is missing", workspace.display());
    Ok(())
}

/// Removes the projects whose names start with `prefix`.
pub fn remove(workspace: &Path, prefix: &str) -> Result<()> {
    for name in native::list(workspace)? {
        if name.starts_with(prefix) {
            fs::remove_dir_all(workspace.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_has_as_many_projects_as_asked_for() {
        let home = tempfile::tempdir().unwrap();
        for (count, kind) in [(0, Kind::Thin), (1, Kind::Whole), (5, Kind::Thin)] {
            let workspace = dataset(home.path(), count, kind).unwrap();
            let names: Vec<String> = (0..count).map(name).collect();
            assert_eq!(native::list(&workspace).unwrap(), names);
            let again = dataset(home.path(), count, kind).unwrap();
            assert_eq!(again, workspace);
            remove(&workspace, "Project").unwrap();
            assert_eq!(native::list(&workspace).unwrap().len(), 0);
        }
    }
}
