//! Removing unfinished entries: only what podslate itself created, entry by entry.

use podslate_shared::layout::{CHARACTER, LayoutFile};
use podslate_shared::name::MAX_LENGTH;

use crate::dir::{Dir, Error, Kind, Result};
use crate::temp_name;

/// Size of the zeros that the host writes to find out why writing fails.
const MAX_PROBE_BYTES: u64 = 4096;

/// Location of an unfinished entry, which limits what it can be.
#[derive(Clone, Copy)]
pub enum EntryLocation {
    /// In the workspace: an unfinished project, or a file for a test of the disk.
    Workspace,
    /// Beside a configuration: a copy of it with another name.
    BesideConfig,
}

/// Removes the entry `name` unless it changed after `newest`; returns whether it did.
///
/// The entry is moved aside first and `name` updated: of several recoveries one succeeds, and a
/// program that still works on the entry fails cleanly.
pub fn remove_stale(
    parent: &Dir,
    location: EntryLocation,
    name: &mut String,
    newest: i64,
) -> Result<bool> {
    let Some(stat) = parent.stat(name)? else {
        return Ok(false);
    };
    let is_trash = temp_name::is_trash(name);
    if !is_trash && stat.modified > newest {
        return Ok(false);
    }
    let is_ours = match (location, stat.kind) {
        (EntryLocation::Workspace, Kind::File) => is_probe(parent, name),
        (EntryLocation::Workspace, kind) => kind == Kind::Directory,
        (EntryLocation::BesideConfig, kind) => kind == Kind::File,
    };
    if !is_ours {
        return Err(Error::NotEmpty);
    }
    if !is_trash {
        let trash = temp_name::trash()?;
        parent.rename(name, &trash)?;
        *name = trash;
    }
    if stat.kind == Kind::Directory {
        remove_project(parent, name)?;
    } else {
        parent.remove_file(name)?;
    }
    Ok(true)
}

fn is_probe(parent: &Dir, name: &str) -> bool {
    let is_zero = |bytes: Vec<u8>| bytes.iter().all(|byte| *byte == 0);
    parent.read(name, MAX_PROBE_BYTES).is_ok_and(is_zero)
}

/// Removes an unfinished project.
///
/// # Errors
/// [`Error::NotEmpty`] if it contains anything that is not from the layout. That stays, and so do
/// the folders above it.
pub fn remove_project(parent: &Dir, name: &str) -> Result<()> {
    let project = parent.open_dir(name)?;
    for file in CHARACTER.files {
        let _ = project.in_parent(file.path, |folder, name| {
            match is_ours(folder, name, file) {
                true => folder.remove_file(name),
                false => Ok(()),
            }
        });
    }
    for directory in CHARACTER.directories.iter().rev() {
        let _ = project.in_parent(directory, Dir::remove_dir);
    }
    // Windows does not remove an open directory.
    drop(project);
    parent.remove_dir(name)
}

fn is_ours(folder: &Dir, name: &str, file: &LayoutFile) -> bool {
    let max_size = (file.text.0.len() + MAX_LENGTH + file.text.1.len()) as u64;
    let bytes = folder.read(name, max_size);
    bytes.is_ok_and(|bytes| is_start(file, &bytes))
}

/// Whether the bytes are the layout's file with any name, or its beginning.
fn is_start(file: &LayoutFile, bytes: &[u8]) -> bool {
    let (before, after) = (file.text.0.as_bytes(), file.text.1.as_bytes());
    let Some(rest) = bytes.strip_prefix(before) else {
        return before.starts_with(bytes);
    };
    let length = rest.iter().position(|byte| *byte == b'"');
    let (name, rest) = rest.split_at(length.unwrap_or(rest.len()));
    name.len() <= MAX_LENGTH && after.starts_with(rest)
}

#[cfg(test)]
mod tests {
    use podslate_shared::ProjectName;

    use super::*;

    #[test]
    fn only_the_file_and_its_beginnings_are_ours() {
        let file = &CHARACTER.files[0];
        let whole = file.render(&ProjectName::parse("Robot").unwrap());
        for end in 0..=whole.len() {
            assert!(is_start(file, &whole.as_bytes()[..end]), "{end}");
        }
        for (old, new) in [
            ("Robot", "x\"y"),
            ("1.0", "2.0"),
            ("{", " {"),
            ("\n}", "\n}\n"),
        ] {
            assert!(whole.contains(old));
            let changed = whole.replacen(old, new, 1);
            assert!(!is_start(file, changed.as_bytes()), "{old}");
        }
    }
}
