//! The build tools trunk, wasm-bindgen and wasm-opt, each of one version.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use xshell::{Shell, cmd};

use crate::paths::Paths;
use crate::system::{NODE, NPM, Program};
use crate::{files, step};

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
/// Trunk without OpenSSL.
const TRUNK_CRATE: &str = "trunk --locked --no-default-features --features rustls";
const NPM_INSTALL: &str =
    "install --no-audit --no-fund --ignore-scripts --no-package-lock --fetch-retries=1";
/// Optimizing takes far longer than it saves in programs that run this briefly.
const QUICK_BUILD: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
];

/// The build tools that were found or installed.
pub struct Tools {
    /// The optimizer of WebAssembly files; without Node.js or the npm registry there is none.
    pub wasm_opt: Option<PathBuf>,
    /// PATH with the folders of the tools in front.
    pub path: OsString,
    /// Names and versions, for fingerprints.
    pub versions: String,
}

impl Tools {
    /// Finds the tools, or installs them into the cache.
    pub fn set_up(paths: &Paths) -> Result<Self> {
        let lock = fs::read_to_string(paths.root.join("Cargo.lock"))?;
        let bindgen = locked_version(&lock, "wasm-bindgen")
            .context("Cargo.lock names no wasm-bindgen; restore it from git.")?;
        let trunk = cargo_tool(paths, "trunk", TRUNK, TRUNK_CRATE)?;
        let wasm_bindgen = cargo_tool(paths, "wasm-bindgen", bindgen, "wasm-bindgen-cli")?;
        let wasm_opt = wasm_opt(paths);
        if let Err(error) = &wasm_opt {
            step::warn(&format!("the worker and the page stay larger: {error:#}"));
        }
        let wasm_opt = wasm_opt.ok();
        let tools = [Some(&trunk), Some(&wasm_bindgen), wasm_opt.as_ref()];
        let folders = tools.iter().flatten().filter_map(|tool| tool.parent());
        let mut folders: Vec<PathBuf> = folders.map(Path::to_path_buf).collect();
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let optimizer = wasm_opt.as_ref().map_or("missing", |_| BINARYEN);
        Ok(Self {
            wasm_opt,
            path: env::join_paths(folders).context("PATH cannot hold the folder of a tool.")?,
            versions: format!("trunk {TRUNK}, wasm-bindgen {bindgen}, wasm-opt {optimizer}"),
        })
    }
}

/// The programs with which wasm-opt is installed and runs, unless it is in PATH.
pub fn of_wasm_opt() -> &'static [&'static Program] {
    present_wasm_opt().map_or(&[&NODE, &NPM], |_| &[])
}

fn present_wasm_opt() -> Option<PathBuf> {
    present("wasm-opt", BINARYEN.split('.').next()?)
}

fn wasm_opt(paths: &Paths) -> Result<PathBuf> {
    let Some(found) = present_wasm_opt() else {
        let ending = if cfg!(windows) { ".cmd" } else { "" };
        let package = npm_package(paths, "binaryen", BINARYEN)?;
        return Ok(package.with_file_name(format!(".bin/wasm-opt{ending}")));
    };
    Ok(found)
}

/// The folder of the npm package `name` of this version.
pub fn npm_package(paths: &Paths, name: &str, version: &str) -> Result<PathBuf> {
    NODE.require()?;
    let npm = NPM.require()?;
    let package = format!("{name}-{version}");
    let folder = files::install(paths, &package, |folder| {
        let sh = paths.host.clone();
        sh.change_dir(folder);
        let install = cmd!(sh, "{npm}").args(NPM_INSTALL.split(' '));
        let install = install.args([format!("{name}@{version}"), "--prefix".into()]);
        let install = install.arg(folder);
        step::install(paths, &package, "the npm registry", install)
    })?;
    Ok(folder.join("node_modules").join(name))
}

/// The program of this version, from PATH or built into the cache: `install` names its crate.
pub fn cargo_tool(paths: &Paths, program: &str, version: &str, install: &str) -> Result<PathBuf> {
    let name = format!("{program}-{version}");
    if !paths.cache.join(&name).is_dir()
        && let Some(found) = present(program, version)
    {
        return Ok(found);
    }
    let folder = files::install(paths, &name, |folder| {
        // Outside of the clone, so that its settings do not apply.
        let sh = paths.host.clone();
        sh.change_dir(folder);
        sh.set_var("CARGO_TARGET_DIR", folder.join("build"));
        let cargo = cmd!(sh, "cargo install --version {version} --root {folder}");
        let cargo = cargo.args(install.split(' ')).envs(QUICK_BUILD);
        step::install(paths, &name, "crates.io", cargo)?;
        Ok(fs::remove_dir_all(folder.join("build"))?)
    })?;
    Ok(folder.join(format!("bin/{program}{}", env::consts::EXE_SUFFIX)))
}

/// The version of `package` in the text of a Cargo.lock.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0)
}

/// The program in PATH, if it has this version.
fn present(program: &str, version: &str) -> Option<PathBuf> {
    let path = which::which(program).ok()?;
    let sh = Shell::new().ok()?;
    let output = cmd!(sh, "{path} --version").quiet().read().ok()?;
    has_version(&output, version).then_some(path)
}

fn has_version(output: &str, version: &str) -> bool {
    output.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_tools_print_them() {
        assert!(has_version("trunk 0.21.14\n", "0.21.14"));
        assert!(has_version("wasm-bindgen 0.2.130", "0.2.130"));
        assert!(has_version("wasm-opt version 132 (version_132)", "132"));
        assert!(!has_version("wasm-opt version 108 (version_108)", "132"));
        assert!(!has_version("trunk 0.21.140", "0.21.14"));
    }

    #[test]
    fn the_locked_version_is_that_of_the_whole_name() {
        let lock = "name = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    name = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}
