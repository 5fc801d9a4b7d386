//! Recovery: bringing work that was cut off to its end.
//!
//! A folder's name is the truth, so a configuration that says another valid name belongs to a
//! rename that was cut off. Unfinished entries are judged by their age alone, because nothing else
//! tells over a network whether somebody still works on them. They are moved aside first: of
//! several recoveries one wins, and whoever did still work on one fails without a trace.

use podslate_shared::layout::{CONFIG_FILE, CONFIG_FOLDER, STAGING_PREFIX};
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::Answer;
use crate::args::Command;
use crate::config::{Config, text};
use crate::dir::{Dir, Error, Kind, Result};
use crate::leftovers;
use crate::workspace::{self, TRASH_PREFIX, Workspace, failed, hidden_name, is_hidden_name};

/// After so many seconds an unfinished entry is abandoned; its writer gave up after a minute.
pub const ABANDONED_AFTER: i64 = 24 * 60 * 60;
/// At most so many changes in one run, which has to end in time; the next run goes on.
const MOST_CHANGES: usize = 200;
/// At most so many entries that stay are told of.
const MOST_LEFT: usize = 100;
/// A configuration larger than this is not read: nobody writes one by hand.
const MOST_CONFIG_BYTES: u64 = 4 << 20;
/// The host finds out whether it can write by writing so many zeros.
const PROBE_BYTES: u64 = 4096;

/// Repairs configurations and removes unfinished entries.
pub fn recover(command: &Command) -> Answer {
    let workspace = Workspace::open(command)?;
    let mut recovery = Recovery {
        workspace: &workspace.dir,
        abandoned_after: command.abandoned_after,
        newest: None,
        repaired: Vec::new(),
        removed: Vec::new(),
        left: Vec::new(),
    };
    for (name, is_dir) in workspace.dir.entries().map_err(failed)? {
        if recovery.repaired.len() + recovery.removed.len() >= MOST_CHANGES {
            break;
        }
        if is_leftover(&name) {
            recovery.reap(&workspace.dir, Place::Workspace, "", &name);
        } else if let (true, Ok(name)) = (is_dir, ProjectName::parse(&name)) {
            match recovery.look_into(&workspace.dir, &name) {
                Err(error) if !is_persons(error.code) => {
                    recovery.leave(name.as_str(), &error.error)
                }
                _ => {}
            }
        }
    }
    Ok(recovery.done())
}

/// Whether an error is about what a person made so, which the lists flag and which stays.
fn is_persons(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ConfigInvalid | ErrorCode::NotAProject)
}

/// The time by the clock that gives this workspace's entries theirs, which need not be this
/// machine's.
fn now(workspace: &Dir) -> Result<i64> {
    let probe = hidden_name(STAGING_PREFIX).map_err(|_| Error::Other(0))?;
    workspace.write_new(&probe, b"")?;
    let stat = workspace.stat(&probe);
    // A probe that stays is an unfinished entry as any other.
    let _ = workspace.remove_file(&probe);
    stat?.map(|stat| stat.modified).ok_or(Error::Missing)
}

fn is_leftover(name: &str) -> bool {
    let host_probe = name.strip_prefix(STAGING_PREFIX);
    is_hidden_name(name, STAGING_PREFIX)
        || is_hidden_name(name, TRASH_PREFIX)
        || host_probe.is_some_and(|rest| rest.starts_with("probe-"))
}

/// Where an unfinished entry is, which tells what it can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// An unfinished project, or a file that was written to find something out.
    Workspace,
    /// A copy of the configuration with another name in it.
    BesideConfig,
}

struct Recovery<'a> {
    workspace: &'a Dir,
    abandoned_after: i64,
    /// Unfinished entries that changed later are somebody's work; found out when there is one,
    /// because it takes a file of its own.
    newest: Option<i64>,
    repaired: Vec<String>,
    removed: Vec<String>,
    left: Vec<String>,
}

impl Recovery<'_> {
    /// Removes an unfinished entry if it is abandoned; `folder` is how the report calls `parent`.
    fn reap(&mut self, parent: &Dir, place: Place, folder: &str, name: &str) {
        let reaped = self.newest().map_err(|error| (name.to_owned(), error));
        match reaped.and_then(|newest| try_reap(parent, place, name, newest)) {
            Ok(true) => self.removed.push(format!("{folder}{name}")),
            Ok(false) | Err((_, Error::Missing)) => {}
            Err((name, error)) => self.leave(&format!("{folder}{name}"), &leftovers::words(error)),
        }
    }

    fn newest(&mut self) -> Result<i64> {
        let newest = match self.newest {
            Some(newest) => newest,
            None => now(self.workspace)? - self.abandoned_after,
        };
        self.newest = Some(newest);
        Ok(newest)
    }

    /// Repairs the configuration of a project and removes unfinished ones beside it.
    fn look_into(
        &mut self,
        parent: &Dir,
        name: &ProjectName,
    ) -> std::result::Result<(), ErrorBody> {
        let Some(project) = workspace::directory(parent, name)? else {
            return Ok(());
        };
        let config = Config::open(&project, name)?;
        let Some(folder) = &config.folder else {
            return Ok(());
        };
        let path = format!("{name}/{CONFIG_FOLDER}/");
        for (entry, _) in folder.entries().map_err(failed)? {
            let is_leftover = |prefix| is_hidden_name(&entry, prefix);
            if is_leftover(STAGING_PREFIX) || is_leftover(TRASH_PREFIX) {
                self.reap(folder, Place::BesideConfig, &path, &entry);
            }
        }
        if repair(parent, &project, &config, name)? {
            self.repaired.push(name.to_string());
        }
        Ok(())
    }

    fn leave(&mut self, path: &str, why: &str) {
        if self.left.len() < MOST_LEFT {
            self.left.push(format!("{path}: {why}"));
        }
    }

    fn done(self) -> Done {
        let (repaired, removed) = (self.repaired.len(), self.removed.len());
        let left = self.left.len();
        Done::Recovered {
            repaired: self.repaired,
            removed: self.removed,
            left: self.left,
            message: format!("Recovery: {repaired} repaired, {removed} removed, {left} left."),
        }
    }
}

/// Whether the entry was removed; an error comes with the name that the entry has by then.
fn try_reap(
    parent: &Dir,
    place: Place,
    name: &str,
    newest: i64,
) -> std::result::Result<bool, (String, Error)> {
    let here = |error| (name.to_owned(), error);
    let Some(stat) = parent.stat(name).map_err(here)? else {
        return Ok(false);
    };
    let is_trash = name.starts_with(TRASH_PREFIX);
    if !is_trash && stat.modified > newest {
        return Ok(false);
    }
    let is_ours = match (place, stat.kind) {
        (Place::Workspace, Kind::Directory) | (Place::BesideConfig, Kind::File) => true,
        (Place::Workspace, Kind::File) => is_probe(parent, name, stat.size),
        _ => false,
    };
    if !is_ours {
        return Err(here(Error::NotEmpty));
    }
    let mut trash = name.to_owned();
    if !is_trash {
        trash = hidden_name(TRASH_PREFIX).map_err(|_| here(Error::Other(0)))?;
        parent.rename(name, &trash).map_err(here)?;
    }
    let removed = match stat.kind {
        Kind::Directory => leftovers::discard(parent, &trash),
        _ => parent.remove_file(&trash),
    };
    removed.map(|()| true).map_err(|error| (trash, error))
}

/// Lets the configuration say the folder's name, if it says another valid one; whether it did.
fn repair(
    parent: &Dir,
    project: &Dir,
    config: &Config,
    name: &ProjectName,
) -> std::result::Result<bool, ErrorBody> {
    let Some(folder) = &config.folder else {
        return Ok(false);
    };
    let stat = folder.stat(CONFIG_FILE).map_err(failed)?;
    if stat.is_none_or(|stat| stat.size > MOST_CONFIG_BYTES) {
        return Ok(false);
    }
    let Some(text) = config.read(name)? else {
        return Ok(false);
    };
    match text::name(&text) {
        Some(said) if said != *name => {
            let found = parent.identity_of(name.as_str()).map_err(failed)?;
            let is_there = found == Some(project.identity().map_err(failed)?);
            Ok(is_there && config.replace(&text, name)?)
        }
        _ => Ok(false),
    }
}

fn is_probe(parent: &Dir, name: &str, size: u64) -> bool {
    let is_zero = |bytes: Vec<u8>| bytes.iter().all(|byte| *byte == 0);
    size <= PROBE_BYTES && parent.read(name).is_ok_and(is_zero)
}
