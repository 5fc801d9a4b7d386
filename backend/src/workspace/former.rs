//! Finding a project by a name that it had before.
//!
//! A name that no project had costs one look. Otherwise the record and the configuration of every
//! project are read: two files each, in 32 threads, so about a second for 10,000 projects on a volume
//! that takes a millisecond for an operation.

use std::path::Path;
use std::thread;

use podslate_shared::former::{MARKS_FOLDER, MAX_SIZE, RECORD_PATH, has_name};
use podslate_shared::{Config, Error, FolderName};

use super::{dir, project};

/// Maximum number of entries of a workspace that are searched for a project that was renamed by
/// hand, which leaves no mark.
const MAX_UNMARKED: usize = 1000;
/// Number of threads that read.
const READERS: usize = 32;

/// Projects that had a name before.
#[derive(Debug, PartialEq, Eq)]
pub enum Former {
    None,
    One(FolderName),
    Several(Vec<String>),
}

/// Finds the project that had the name `name`, which no project has now.
///
/// # Errors
/// [`Error::WorkspaceUnavailable`].
pub fn find(root: &Path, name: &str, is_by_hand: bool) -> Result<Former, Error> {
    let is_marked = is_marked(root, name);
    if !is_marked && !is_by_hand {
        return Ok(Former::None);
    }
    let mut names = Vec::new();
    for entry in dir::read(root)? {
        let entry = entry.map_err(|error| dir::unavailable(root, error.kind()))?;
        let name = entry.name().to_str();
        if let Some(name) = name.and_then(|it| FolderName::parse(it).ok()) {
            names.push(name);
        }
        if !is_marked && names.len() > MAX_UNMARKED {
            return Ok(Former::None);
        }
    }
    let mut found = search(root, name, &names);
    found.sort_unstable();
    Ok(match found.as_slice() {
        [] => Former::None,
        [only] => Former::One(only.clone()),
        several => Former::Several(several.iter().map(ToString::to_string).collect()),
    })
}

/// Whether a project of this workspace was renamed from that name.
pub fn is_marked(root: &Path, name: &str) -> bool {
    podslate_disk::metadata_of(&root.join(MARKS_FOLDER).join(name)).is_ok()
}

fn search(root: &Path, name: &str, folders: &[FolderName]) -> Vec<FolderName> {
    let part = folders.len().div_ceil(READERS).max(1);
    let claimed = |part: &[FolderName]| -> Vec<FolderName> {
        let claims = |folder: &&FolderName| claims(&root.join(folder.as_str()), folder, name);
        part.iter().filter(claims).cloned().collect()
    };
    thread::scope(|scope| {
        let mut found = Vec::new();
        let mut running = Vec::new();
        for part in folders.chunks(part) {
            match thread::Builder::new().spawn_scoped(scope, || claimed(part)) {
                Ok(thread) => running.push(thread),
                // The system allows no more threads.
                Err(_) => found.extend(claimed(part)),
            }
        }
        for thread in running {
            found.extend(thread.join().unwrap_or_default());
        }
        found
    })
}

/// Whether the project in `folder` had the name before: it is recorded, or still written in the
/// configuration, as in a folder that was renamed by hand.
fn claims(folder: &Path, current: &FolderName, name: &str) -> bool {
    if current.as_str() == name {
        return false;
    }
    if read_record(folder).is_some_and(|record| has_name(&record, name)) {
        return true;
    }
    let config = project::read_config(folder).ok().flatten();
    let config = config
        .as_deref()
        .and_then(|bytes| Config::parse(bytes).ok());
    config.and_then(|config| config.name()).as_deref() == Some(name)
}

fn read_record(folder: &Path) -> Option<Vec<u8>> {
    podslate_disk::read(&folder.join(RECORD_PATH), MAX_SIZE as u64).ok()
}
