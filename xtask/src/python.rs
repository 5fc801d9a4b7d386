//! Environments with packages of Python.

use std::path::PathBuf;

use anyhow::Result;
use fs_err as fs;
use xshell::cmd;

use crate::paths::Paths;
use crate::system::PYTHON;
use crate::{files, step};

/// The Python of an environment with `packages`, which are words.
pub fn environment(paths: &Paths, packages: &str) -> Result<PathBuf> {
    let inside = ["bin/python", "Scripts/python.exe"][usize::from(cfg!(windows))];
    let name = format!("python-{packages}").replace("==", "-");
    let name = name.replace([' ', '[', ']'], "-");
    let done = paths.cache.join(&name);
    if done.is_dir() && !done.join(inside).exists() {
        // The Python that it was made from is gone.
        fs::remove_dir_all(&done)?;
    }
    let folder = files::install(paths, &name, |folder| {
        let (sh, python) = (&paths.host, PYTHON.require()?);
        let create = cmd!(sh, "{python} -m venv --clear {folder}");
        step::attempt(paths, "Create a Python environment", create)?;
        let python = folder.join(inside);
        let install = cmd!(sh, "{python} -m pip install --no-input");
        let install = install.args(packages.split(' '));
        step::install(paths, packages, "the Python package index", install)
    })?;
    Ok(folder.join(inside))
}
