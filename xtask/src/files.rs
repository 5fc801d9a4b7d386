//! Files and folders that are replaced as a whole, and the lock of those who do so.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;
use walkdir::WalkDir;

use crate::paths::Paths;
use crate::step;

/// Creates `folder`, or empties it.
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Writes `bytes` to `path` at once, and only when they differ, so that cargo sees no change.
pub fn put(bytes: &[u8], path: &Path) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(staged(path), bytes)?;
    Ok(fs::rename(staged(path), path)?)
}

/// Replaces the file or folder `to` by a copy of `from`: a running program is not written into.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = match entry.path().strip_prefix(from)? {
            inside if inside.as_os_str().is_empty() => staged(to),
            inside => staged(to).join(inside),
        };
        if entry.file_type().is_dir() {
            empty_folder(&target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    swap(&staged(to), to)
}

/// Replaces the file or folder `product` by `staged`, which is complete.
pub fn swap(staged: &Path, product: &Path) -> Result<()> {
    if product.is_dir() {
        fs::remove_dir_all(product)?;
    }
    Ok(fs::rename(staged, product)?)
}

/// The path of what replaces `path` once it is complete.
pub fn staged(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.unfinished"))
}

/// Waits for the lock file at `path`; dropping the result releases it.
pub fn lock(path: &Path) -> Result<File> {
    let file = fs::File::create(path)?.into_file();
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => step::note("waiting for another `cargo xtask`"),
        Err(TryLockError::Error(error)) => bail!("{} cannot be locked: {error}.", path.display()),
    }
    file.lock()?;
    Ok(file)
}

/// The folder `name` of the cache, which `fill` fills unless it exists.
///
/// `fill` works in a temporary folder that is renamed when it is complete, so an interrupted
/// installation never looks complete.
pub fn install(
    paths: &Paths,
    name: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let done = paths.cache.join(name);
    if done.is_dir() {
        return Ok(done);
    }
    let _lock = lock(&paths.cache.join(format!("{name}.lock")))?;
    if !done.is_dir() {
        let staged = staged(&done);
        empty_folder(&staged)?;
        fill(&staged)?;
        fs::rename(&staged, &done)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_replaced_whole_and_equal_bytes_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let (new, web) = (root.path().join("new"), root.path().join("web"));
        let modified = |file| fs::metadata(web.join(file)).unwrap().modified().unwrap();
        empty_folder(&new.join("deep")).unwrap();
        put(b"1", &new.join("deep/a")).unwrap();
        copy(&new, &web).unwrap();
        let written = modified("deep/a");
        put(b"1", &web.join("deep/a")).unwrap();
        assert_eq!(modified("deep/a"), written);
        put(b"2", &new.join("b")).unwrap();
        fs::remove_dir_all(new.join("deep")).unwrap();
        swap(&new, &web).unwrap();
        let entries = WalkDir::new(root.path()).min_depth(1).into_iter();
        let paths = entries.map(|entry| entry.unwrap().into_path());
        assert!(paths.eq([web.clone(), web.join("b")]));
    }

    #[test]
    fn a_failed_installation_does_not_look_complete() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of_test(folder.path());
        let failed = install(&paths, "tool-1", |folder| {
            fs::write(folder.join("half"), "x")?;
            bail!("no network")
        });
        assert!(failed.is_err());
        assert!(!paths.cache.join("tool-1").exists());
        let done = install(&paths, "tool-1", |folder| {
            assert!(!folder.join("half").exists());
            Ok(fs::write(folder.join("whole"), "x")?)
        });
        assert!(done.unwrap().join("whole").is_file());
        let again = install(&paths, "tool-1", |_| bail!("not again"));
        assert!(again.is_ok());
    }
}
