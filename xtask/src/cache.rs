//! Installing once for all clones: a lock, a temporary folder and a rename.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::{files, step};

/// The folder `name` of the cache, made by `make` unless it is there.
///
/// `make` fills a temporary folder that is renamed when it is complete,
/// so a killed install leaves nothing that looks done.
pub fn install(
    place: &Place,
    name: &str,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let done = place.cache.join(name);
    if done.is_dir() {
        return Ok(done);
    }
    let _lock = lock(&place.cache.join(format!("{name}.lock")))?;
    if done.is_dir() {
        return Ok(done);
    }
    let unfinished = place.cache.join(format!(".{name}.unfinished"));
    files::empty_folder(&unfinished)?;
    make(&unfinished)?;
    fs::rename(&unfinished, &done).with_context(|| {
        format!(
            "{} cannot be put in place; check the folder's permissions.",
            done.display()
        )
    })?;
    Ok(done)
}

/// Waits for the lock file at `path`; it is released when the answer is dropped.
pub fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| {
        format!(
            "The lock {} cannot be made; check the folder's permissions.",
            path.display()
        )
    })?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => step::note("waiting for another `cargo xtask`"),
        Err(TryLockError::Error(error)) => {
            bail!("The lock {} cannot be taken: {error}.", path.display())
        }
    }
    file.lock()?;
    Ok(file)
}

/// The program `name` in PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".cmd", ".bat"]
    } else {
        &[""]
    };
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| {
            endings
                .iter()
                .map(move |ending| folder.join(format!("{name}{ending}")))
        })
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &str) -> Place {
        let root = env::temp_dir().join(format!("podslate-xtask-{folder}-{}", std::process::id()));
        files::empty_folder(&root).unwrap();
        Place {
            cache: root.clone(),
            host_target: root.clone(),
            wasm_target: root.clone(),
            artifacts: root.clone(),
            dist: root.clone(),
            logs: root.clone(),
            root,
        }
    }

    #[test]
    fn a_failed_install_leaves_nothing_that_looks_done() {
        let place = place("failed");
        let failed = install(&place, "tool-1", |folder| {
            fs::write(folder.join("half"), "x")?;
            bail!("no network")
        });
        assert!(failed.is_err());
        assert!(!place.cache.join("tool-1").exists());
        let done = install(&place, "tool-1", |folder| {
            assert!(!folder.join("half").exists());
            Ok(fs::write(folder.join("whole"), "x")?)
        });
        assert!(done.unwrap().join("whole").is_file());
        install(&place, "tool-1", |_| bail!("it is installed already")).unwrap();
        fs::remove_dir_all(&place.root).unwrap();
    }
}
