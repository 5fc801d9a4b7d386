//! Removing what nobody finished: what podslate made itself, entry by entry, and nothing else.

use podslate_shared::layout::{CHARACTER, Layout, LayoutFile};
use podslate_shared::name::MAX_LENGTH;

use crate::dir::{Dir, Error, Result};

const LAYOUT: &Layout = &CHARACTER;

/// Removes an unfinished project. What does not come from the layout stays, and with it the
/// folders above; the error is then [`Error::NotEmpty`].
pub fn discard(parent: &Dir, name: &str) -> Result<()> {
    let project = parent.open_dir(name)?;
    for file in LAYOUT.files {
        if let Ok((folder, name)) = inside(&project, file.path) {
            let folder = folder.as_ref().unwrap_or(&project);
            if is_ours(folder, name, file) {
                let _ = folder.remove_file(name);
            }
        }
    }
    for directory in LAYOUT.directories.iter().rev() {
        if let Ok((folder, name)) = inside(&project, directory) {
            let _ = folder.as_ref().unwrap_or(&project).remove_dir(name);
        }
    }
    // Windows removes no directory that is open.
    drop(project);
    parent.remove_dir(name)
}

/// Opens the folders of `path` one after the other, because a link in the middle would be followed:
/// the last of them, if there is one, and the entry's name in it.
fn inside<'p>(project: &Dir, path: &'p str) -> Result<(Option<Dir>, &'p str)> {
    let Some((folders, name)) = path.rsplit_once('/') else {
        return Ok((None, path));
    };
    let mut folder: Option<Dir> = None;
    for part in folders.split('/') {
        folder = Some(folder.as_ref().unwrap_or(project).open_dir(part)?);
    }
    Ok((folder, name))
}

fn is_ours(folder: &Dir, name: &str, file: &LayoutFile) -> bool {
    let most = file.text.0.len() + MAX_LENGTH + file.text.1.len();
    let is_small = |size: u64| size <= most as u64;
    matches!(folder.stat(name), Ok(Some(stat)) if is_small(stat.size))
        && folder.read(name).is_ok_and(|bytes| is_begun(file, &bytes))
}

/// Whether the bytes are those of the layout's file for some name, or its beginning.
fn is_begun(file: &LayoutFile, bytes: &[u8]) -> bool {
    let (before, after) = (file.text.0.as_bytes(), file.text.1.as_bytes());
    let Some(rest) = bytes.strip_prefix(before) else {
        return before.starts_with(bytes);
    };
    let length = rest.iter().position(|byte| *byte == b'"');
    let (name, rest) = rest.split_at(length.unwrap_or(rest.len()));
    name.len() <= MAX_LENGTH && after.starts_with(rest)
}

/// What of an unfinished entry could not be removed, as a sentence's part.
pub fn words(error: Error) -> String {
    match error {
        Error::NotEmpty | Error::Exists => "it holds something that podslate did not make".into(),
        other => other.words(),
    }
}

#[cfg(test)]
mod tests {
    use podslate_shared::ProjectName;

    use super::*;

    #[test]
    fn every_beginning_of_the_file_counts_and_nothing_else() {
        let file = &LAYOUT.files[0];
        let whole = file.render(&ProjectName::parse("Robot").unwrap());
        for end in 0..=whole.len() {
            assert!(is_begun(file, &whole.as_bytes()[..end]), "{end}");
        }
        for (old, new) in [
            ("Robot", "x\"y"),
            ("1.0", "2.0"),
            ("{", " {"),
            ("\n}", "\n}\n"),
        ] {
            assert!(whole.contains(old));
            assert!(
                !is_begun(file, whole.replacen(old, new, 1).as_bytes()),
                "{old}"
            );
        }
    }
}
