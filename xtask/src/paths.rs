//! The clone, cargo's output folders and the cache that all clones of a user share.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use fs_err as fs;
use xshell::Shell;

/// The folders that the commands read and write.
pub struct Paths {
    /// The root of the clone.
    pub root: PathBuf,
    /// Installed tools, one versioned folder each, shared by all clones of this user.
    pub cache: PathBuf,
    /// Cargo's output for this machine.
    pub host_target: PathBuf,
    /// Cargo's output for the WebAssembly targets, which another compiler may build.
    pub wasm_target: PathBuf,
    /// The worker and the page, which the backend embeds.
    pub artifacts: PathBuf,
    /// The product: the program and, beside it, what it embeds.
    pub dist: PathBuf,
    /// The output of each step.
    pub logs: PathBuf,
    /// A shell in the root of the clone that builds for this machine.
    pub host: Shell,
    /// Whether changes of the system were accepted in advance, with `--yes`.
    pub assume_yes: bool,
}

impl Paths {
    /// Finds the folders from the environment and creates those that must exist.
    pub fn find(assume_yes: bool) -> Result<Self> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let package = set("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).parent();
        let root = root.context("The package xtask has no parent folder.")?;
        let cache = cache_folder(set("PODSLATE_CACHE").map(PathBuf::from))?;
        let host_target = host_target(set("CARGO_TARGET_DIR").map(PathBuf::from), root);
        let paths = Self::new(root, cache, host_target, assume_yes)?;
        for folder in [&paths.cache, &paths.artifacts, &paths.logs] {
            fs::create_dir_all(folder)?;
        }
        Ok(paths)
    }

    fn new(root: &Path, cache: PathBuf, host_target: PathBuf, assume_yes: bool) -> Result<Self> {
        let target = root.join("target");
        let host = Shell::new()?;
        host.change_dir(root);
        host.set_var("CARGO_TARGET_DIR", &host_target);
        Ok(Self {
            root: root.to_path_buf(),
            cache,
            wasm_target: host_target.join("wasm"),
            host_target,
            artifacts: target.join("artifacts"),
            dist: target.join("dist"),
            logs: target.join("xtask-logs"),
            host,
            assume_yes,
        })
    }

    /// A program that cargo built for this machine in one of its output folders.
    pub fn built(&self, profile: &str, name: &str) -> PathBuf {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        self.host_target.join(profile).join(file)
    }

    /// All folders of a test in one.
    #[cfg(test)]
    pub fn of_test(folder: &Path) -> Self {
        Self::new(folder, folder.into(), folder.into(), false).unwrap()
    }
}

/// Cargo's output folder for this machine, which the caller may choose.
fn host_target(chosen: Option<PathBuf>, root: &Path) -> PathBuf {
    root.join(chosen.unwrap_or_else(|| "target".into()))
}

/// The cache, which the caller may choose.
fn cache_folder(chosen: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(folder) = chosen {
        return Ok(std::path::absolute(folder)?);
    }
    let user = etcetera::choose_base_strategy();
    let user =
        user.context("No home folder is known; set PODSLATE_CACHE to a folder for tools.")?;
    Ok(user.cache_dir().join("podslate"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_cache_setting_wins() {
        assert_eq!(cache_folder(Some("/p".into())).unwrap(), Path::new("/p"));
        assert!(cache_folder(Some("p".into())).unwrap().is_absolute());
        assert!(cache_folder(None).unwrap().ends_with("podslate"));
    }

    #[test]
    fn a_chosen_target_folder_holds_both_outputs() {
        let root = Path::new("/clone");
        for (chosen, host) in [("/t", "/t"), ("t", "/clone/t")] {
            assert_eq!(host_target(Some(chosen.into()), root), Path::new(host));
        }
        assert_eq!(host_target(None, root), Path::new("/clone/target"));
        let paths = Paths::new(root, "/c".into(), "/t".into(), false);
        assert_eq!(paths.unwrap().wasm_target, Path::new("/t/wasm"));
    }
}
