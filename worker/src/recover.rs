//! Recovery: repairing and cleaning up after interrupted operations.
//!
//! The folder's name is authoritative, so a configuration with another valid name is from an
//! interrupted rename. Unfinished entries are judged by age alone, because over a network nothing
//! else shows whether a program still works on them.

use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{Config as Content, Error, FolderName, ProjectName, Recovered, Result};

use crate::cleanup::{self, EntryLocation};
use crate::config::Config;
use crate::dir::{self, Dir};
use crate::workspace::Workspace;
use crate::{former, temp_name};

/// Maximum number of changes in one run, which has a time limit; the next run continues.
const MAX_CHANGES: usize = 200;
/// Maximum number of reported entries that could not be repaired or removed.
const MAX_LEFT: usize = 100;

/// Repairs configurations, and removes unfinished entries older than `stale_after` seconds; in
/// projects, too, if they are to be scanned.
pub fn recover(workspace: &Workspace, stale_after: i64, scan: bool) -> Result<Recovered> {
    let mut recovery = Recovery::new(workspace, stale_after);
    for (name, is_dir) in workspace.dir.entries()? {
        if recovery.result.repaired.len() + recovery.result.removed.len() >= MAX_CHANGES {
            break;
        }
        if is_unfinished(&name) || temp_name::is_host_probe(&name) {
            recovery.remove_stale(&workspace.dir, EntryLocation::Workspace, "", name);
        } else if scan && let (true, Ok(name)) = (is_dir, FolderName::parse(&name)) {
            recovery.recover_project(&name);
        }
    }
    Ok(recovery.result)
}

/// Repairs the configuration of one project, and removes stale entries beside it.
pub fn recover_one(
    workspace: &Workspace,
    stale_after: i64,
    name: &FolderName,
) -> Result<Recovered> {
    let mut recovery = Recovery::new(workspace, stale_after);
    recovery.recover_project(name);
    Ok(recovery.result)
}

fn is_unfinished(name: &str) -> bool {
    temp_name::is_staging(name) || temp_name::is_trash(name)
}

struct Recovery<'a> {
    workspace: &'a Workspace,
    stale_after: i64,
    /// Time of the latest change of a stale entry. Found when needed, because it takes a file.
    newest: Option<i64>,
    result: Recovered,
}

impl<'a> Recovery<'a> {
    fn new(workspace: &'a Workspace, stale_after: i64) -> Self {
        Self {
            workspace,
            stale_after,
            newest: None,
            result: Recovered::default(),
        }
    }

    /// Removes an entry if it is stale. `prefix` precedes its name in the report.
    fn remove_stale(
        &mut self,
        parent: &Dir,
        location: EntryLocation,
        prefix: &str,
        mut name: String,
    ) {
        let path = format!("{prefix}{name}");
        let removed = self
            .newest()
            .and_then(|newest| cleanup::remove_stale(parent, location, &mut name, newest));
        match removed {
            Ok(true) => self.result.removed.push(path),
            Ok(false) | Err(dir::Error::Missing) => {}
            Err(dir::Error::NotEmpty | dir::Error::Exists) => {
                let reason = "it contains something that podslate did not create";
                self.leave(format!("{prefix}{name}: {reason}"));
            }
            Err(error) => self.leave(format!("{prefix}{name}: {error}")),
        }
    }

    fn newest(&mut self) -> dir::Result<i64> {
        if let Some(newest) = self.newest {
            return Ok(newest);
        }
        let newest = now(&self.workspace.dir)? - self.stale_after;
        Ok(*self.newest.insert(newest))
    }

    fn recover_project(&mut self, name: &FolderName) {
        match self.try_recover_project(name) {
            // What a person made is not an error; lists show a warning.
            Ok(()) | Err(Error::ConfigInvalid { .. } | Error::NotAProject { .. }) => {}
            Err(error) => self.leave(format!("{name}: {error}")),
        }
    }

    /// Repairs the configuration of a project and removes stale copies beside it.
    fn try_recover_project(&mut self, name: &FolderName) -> Result<()> {
        let Some(project) = self.workspace.open_project(name)? else {
            return Ok(());
        };
        let Some(config) = Config::open(&self.workspace.dir, &project, name)? else {
            return Ok(());
        };
        let prefix = format!("{name}/{CONFIG_FOLDER}/");
        for (entry, _) in config.folder.entries()? {
            if is_unfinished(&entry) {
                self.remove_stale(&config.folder, EntryLocation::BesideConfig, &prefix, entry);
            }
        }
        if let Some(new) = name.as_project()
            && let Some(previous) = repair(&self.workspace.dir, &project, &config, &new)?
        {
            self.result.repaired.push(new);
            former::note_moved(&self.workspace.dir, &config.folder, &previous);
            self.result.previous.push(previous);
        }
        Ok(())
    }

    fn leave(&mut self, entry: String) {
        if self.result.left.len() < MAX_LEFT {
            self.result.left.push(entry);
        }
    }
}

/// Time by the clock of the workspace's file system, which may be another machine's.
fn now(workspace: &Dir) -> dir::Result<i64> {
    let probe = temp_name::staging()?;
    workspace.write_new(&probe, b"")?;
    let stat = workspace.stat(&probe);
    // If it cannot be removed, it is an unfinished entry like any other.
    let _ = workspace.remove_file(&probe);
    stat?.map(|stat| stat.modified).ok_or(dir::Error::Missing)
}

/// Writes the folder's name into a configuration that has another valid name; returns that name if
/// it did.
fn repair(
    parent: &Dir,
    project: &Dir,
    config: &Config<'_>,
    name: &ProjectName,
) -> Result<Option<ProjectName>> {
    let Some(bytes) = config.read()? else {
        return Ok(None);
    };
    let found = Content::parse(&bytes).ok().and_then(|it| it.project_name());
    let Some(found) = found.filter(|found| found != name) else {
        return Ok(None);
    };
    let is_there = parent.identity_of(name.as_str())? == Some(project.identity()?);
    let is_repaired = is_there && config.replace(&bytes, name, &|_| true)?;
    Ok(is_repaired.then_some(found))
}
