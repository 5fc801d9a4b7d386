//! Where things are: the clone, the cargo output folders and the cache that clones share.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// The folders that the commands read and write.
pub struct Place {
    /// The root of the clone.
    pub root: PathBuf,
    /// Installed tools, one versioned folder each, shared by all clones of this user.
    pub cache: PathBuf,
    /// Cargo's output for this machine.
    pub host_target: PathBuf,
    /// Cargo's output for the two WebAssembly targets, apart because another compiler may make it.
    pub wasm_target: PathBuf,
    /// What the backend embeds: the worker and the page.
    pub artifacts: PathBuf,
    /// What people install: the program and, beside it, what it embeds.
    pub dist: PathBuf,
    /// The output of each step.
    pub logs: PathBuf,
}

impl Place {
    /// Finds the folders from the environment and makes those that must exist.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .context("The xtask package has no parent folder; run `cargo xtask` from the clone.")?
            .to_path_buf();
        let cache = cache_folder(|name| env::var_os(name).map(PathBuf::from), cfg!(windows))
            .ok_or_else(|| {
                anyhow!(
                    "No home folder is known; set PODSLATE_CACHE to a folder for installed tools."
                )
            })?;
        let target = root.join("target");
        let (host_target, wasm_target) = cargo_targets(
            env::var_os("CARGO_TARGET_DIR").as_deref().map(Path::new),
            &root,
        );
        let place = Self {
            cache,
            host_target,
            wasm_target,
            artifacts: target.join("artifacts"),
            dist: target.join("dist"),
            logs: target.join("xtask-logs"),
            root,
        };
        for folder in [&place.cache, &place.artifacts, &place.logs] {
            std::fs::create_dir_all(folder).with_context(|| {
                format!(
                    "The folder {} cannot be made; check its permissions.",
                    folder.display()
                )
            })?;
        }
        Ok(place)
    }
}

/// Cargo's output folders for the host and for WebAssembly.
///
/// A folder that the caller chose with CARGO_TARGET_DIR is respected for both.
fn cargo_targets(chosen: Option<&Path>, root: &Path) -> (PathBuf, PathBuf) {
    let host = match chosen {
        Some(folder) if !folder.as_os_str().is_empty() => root.join(folder),
        _ => root.join("target"),
    };
    let wasm = host.join("wasm");
    (host, wasm)
}

fn cache_folder(variable: impl Fn(&str) -> Option<PathBuf>, windows: bool) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|path| path.is_absolute());
    if let Some(folder) = variable("PODSLATE_CACHE").filter(|path| !path.as_os_str().is_empty()) {
        return std::path::absolute(folder).ok();
    }
    if windows {
        return set("LOCALAPPDATA").map(|folder| folder.join("podslate"));
    }
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|folder| folder.join("podslate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(set: &[(&str, &str)], windows: bool) -> Option<PathBuf> {
        cache_folder(
            |name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| PathBuf::from(value))
            },
            windows,
        )
    }

    #[cfg(unix)]
    #[test]
    fn the_most_specific_cache_setting_wins() {
        let all = [
            ("PODSLATE_CACHE", "/p"),
            ("XDG_CACHE_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(cache(&all, false), Some("/p".into()));
        assert_eq!(cache(&all[1..], false), Some("/x/podslate".into()));
        assert_eq!(cache(&all[2..], false), Some("/h/.cache/podslate".into()));
        assert_eq!(cache(&[], false), None);
        assert_eq!(
            cache(&[("LOCALAPPDATA", "/l")], true),
            Some("/l/podslate".into())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_chosen_target_folder_holds_both_outputs() {
        let root = Path::new("/clone");
        assert_eq!(
            cargo_targets(None, root),
            ("/clone/target".into(), "/clone/target/wasm".into())
        );
        assert_eq!(
            cargo_targets(Some(Path::new("/t")), root),
            ("/t".into(), "/t/wasm".into())
        );
        assert_eq!(
            cargo_targets(Some(Path::new("t")), root),
            ("/clone/t".into(), "/clone/t/wasm".into())
        );
    }
}
