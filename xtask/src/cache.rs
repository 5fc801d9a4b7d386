//! Tools that are installed once for all clones.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use crate::files;
use crate::paths::Paths;

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
    let _lock = files::lock(&paths.cache.join(format!("{name}.lock")))?;
    if !done.is_dir() {
        let staged = files::staged(&done);
        files::empty_folder(&staged)?;
        fill(&staged)?;
        fs::rename(&staged, &done)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_installation_does_not_look_complete() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of_test(folder.path());
        let failed = install(&paths, "tool-1", |folder| {
            fs::write(folder.join("half"), "x")?;
            anyhow::bail!("no network")
        });
        assert!(failed.is_err());
        assert!(!paths.cache.join("tool-1").exists());
        let done = install(&paths, "tool-1", |folder| {
            assert!(!folder.join("half").exists());
            Ok(fs::write(folder.join("whole"), "x")?)
        });
        assert!(done.unwrap().join("whole").is_file());
        install(&paths, "tool-1", |_| {
            unreachable!("it is installed already")
        })
        .unwrap();
    }
}
