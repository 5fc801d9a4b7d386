//! File work whose errors say which file and what to do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Makes `folder` exist and be empty.
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| {
            format!(
                "{} cannot be removed; check its permissions.",
                shown(folder)
            )
        })?;
    }
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be made; check its permissions.", shown(folder)))
}

/// The content of `path`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| {
        format!(
            "{} cannot be read; run `cargo xtask build` again.",
            shown(path)
        )
    })
}

/// Removes the file `path`.
pub fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path)
        .with_context(|| format!("{} cannot be removed; check its permissions.", shown(path)))
}

/// Writes `bytes` to `path` at once, and only when they differ, so that cargo sees no change.
pub fn put(bytes: &[u8], path: &Path) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let staged = beside(path, "unfinished");
    let written = fs::write(&staged, bytes).and_then(|()| fs::rename(&staged, path));
    written.with_context(|| {
        format!(
            "{} cannot be written; is it in use, or the disk full?",
            shown(path)
        )
    })
}

/// Copies the file `from`, with its permissions, to `to` and makes the folder that it needs.
///
/// A running program is replaced, not written into.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let staged = beside(to, "unfinished");
    to.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::copy(from, &staged))
        .and_then(|_| fs::rename(&staged, to))
        .with_context(|| {
            format!(
                "{} cannot be copied to {}; is it in use?",
                shown(from),
                shown(to)
            )
        })
}

/// Copies a folder and what is in it.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let listing = fs::read_dir(from)
        .with_context(|| format!("{} cannot be read; build it again.", shown(from)))?;
    for entry in listing {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Puts the complete folder `staged` where `product` is.
pub fn swap(staged: &Path, product: &Path) -> Result<()> {
    let old = beside(product, "old");
    empty_folder(&old)?;
    if product.exists() {
        fs::rename(product, old.join("was"))
            .with_context(|| format!("{} cannot be replaced; is it in use?", shown(product)))?;
    }
    fs::rename(staged, product)
        .with_context(|| format!("{} cannot be put in place.", shown(product)))?;
    fs::remove_dir_all(&old)
        .with_context(|| format!("{} cannot be removed; is it in use?", shown(&old)))
}

fn beside(path: &Path, word: &str) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{word}"))
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_whole_and_equal_bytes_are_left_alone() {
        let root = std::env::temp_dir().join(format!("podslate-files-{}", std::process::id()));
        empty_folder(&root.join("new/deep")).unwrap();
        put(b"1", &root.join("new/deep/a")).unwrap();
        copy_tree(&root.join("new"), &root.join("web")).unwrap();
        let written = fs::metadata(root.join("web/deep/a"))
            .unwrap()
            .modified()
            .unwrap();
        put(b"1", &root.join("web/deep/a")).unwrap();
        assert_eq!(
            fs::metadata(root.join("web/deep/a"))
                .unwrap()
                .modified()
                .unwrap(),
            written
        );
        put(b"2", &root.join("new/b")).unwrap();
        fs::remove_dir_all(root.join("new/deep")).unwrap();
        swap(&root.join("new"), &root.join("web")).unwrap();
        let names: Vec<_> = fs::read_dir(root.join("web"))
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, ["b"]);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        fs::remove_dir_all(&root).unwrap();
    }
}
