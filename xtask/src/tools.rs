//! The build tools: trunk, wasm-bindgen and wasm-opt, each of one version.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::{cache, debian, step};

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
const ADVICE: &str = "Check the network connection and run the same command again.";

/// The build tools that were found or installed.
pub struct Tools {
    /// Programs that xtask starts itself.
    pub trunk: PathBuf,
    /// The optimiser of WebAssembly files; without Node.js there is none.
    pub wasm_opt: Option<PathBuf>,
    /// The version of wasm-bindgen that the page is locked to.
    pub bindgen_version: String,
    /// PATH with the folders of the tools in front, for programs that look there.
    pub path: OsString,
    /// Names and versions, for fingerprints.
    pub versions: String,
}

impl Tools {
    /// Finds the tools, or installs them into the cache.
    pub fn set_up(place: &Place) -> Result<Self> {
        let bindgen = locked_version(
            &fs::read_to_string(place.root.join("Cargo.lock"))?,
            "wasm-bindgen",
        )
        .context("Cargo.lock names no wasm-bindgen; restore it from git.")?;
        let trunk = cargo_tool(
            place,
            "trunk",
            TRUNK,
            &[
                "trunk",
                "--locked",
                "--no-default-features",
                "--features",
                "rustls",
            ],
        )?;
        let wasm_bindgen = cargo_tool(place, "wasm-bindgen", &bindgen, &["wasm-bindgen-cli"])?;
        let wasm_opt = wasm_opt(place)?;
        let found = [Some(&wasm_bindgen), wasm_opt.as_ref()]
            .into_iter()
            .flatten();
        let mut folders: Vec<PathBuf> = found
            .filter_map(|tool| tool.parent().map(Path::to_path_buf))
            .collect();
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        Ok(Self {
            trunk,
            path: env::join_paths(folders)
                .context("A folder in PATH has a character that PATH cannot hold.")?,
            versions: format!(
                "trunk {TRUNK}, wasm-bindgen {bindgen}, wasm-opt {}",
                if wasm_opt.is_some() {
                    BINARYEN
                } else {
                    "missing"
                }
            ),
            wasm_opt,
            bindgen_version: bindgen,
        })
    }
}

/// The folder of the npm package `name` of this version.
pub fn npm_package(place: &Place, name: &str, version: &str) -> Result<PathBuf> {
    let folder = cache::install(place, &format!("{name}-{version}"), |folder| {
        let mut command = Command::new(npm(place)?);
        command
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--no-package-lock",
            ])
            .arg(format!("{name}@{version}"))
            .arg("--prefix")
            .arg(folder)
            .current_dir(folder);
        step::run(
            place,
            &format!("Install {name} {version} with npm"),
            ADVICE,
            &mut command,
        )
    })?;
    Ok(folder.join("node_modules").join(name))
}

/// Node.js, installed first where that is possible.
pub fn node(place: &Place) -> Result<PathBuf> {
    program(
        place,
        "node",
        &["nodejs", "npm"],
        "Node.js is missing; install version 20 or later (https://nodejs.org).",
    )
}

/// The program `name`, from PATH or from Debian's `packages`; else an error that says `advice`.
pub fn program(place: &Place, name: &str, packages: &[&str], advice: &str) -> Result<PathBuf> {
    if let Some(path) = cache::in_path(name) {
        return Ok(path);
    }
    if debian::possible() {
        debian::install(place, packages)?;
    }
    match cache::in_path(name) {
        Some(path) => Ok(path),
        None => bail!("{advice}"),
    }
}

/// The version of `package` in the text of a Cargo.lock.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
        .map(str::to_owned)
}

fn npm(place: &Place) -> Result<PathBuf> {
    node(place)?;
    program(
        place,
        "npm",
        &["npm"],
        "npm is missing; install it with Node.js (https://nodejs.org).",
    )
}

/// Optimising these programs takes far longer to build and saves nothing where they are used once.
const QUICK_BUILD: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
];

/// The program of a crate of this version, from PATH or built into the cache.
pub fn cargo_tool(
    place: &Place,
    program: &str,
    version: &str,
    arguments: &[&str],
) -> Result<PathBuf> {
    let name = format!("{program}-{version}");
    let file = Path::new("bin").join(format!("{program}{}", env::consts::EXE_SUFFIX));
    if !place.cache.join(&name).is_dir()
        && let Some(found) = found_with_version(program, version)
    {
        return Ok(found);
    }
    let folder = cache::install(place, &name, |folder| {
        let mut command = Command::new("cargo");
        command
            .arg("install")
            .args(arguments)
            .args(["--version", version, "--root"])
            .arg(folder);
        // Outside the clone, so that its settings do not apply.
        command
            .current_dir(folder)
            .envs(QUICK_BUILD)
            .env("CARGO_TARGET_DIR", folder.join("build"));
        step::run(
            place,
            &format!("Build {program} {version}, once"),
            ADVICE,
            &mut command,
        )?;
        Ok(fs::remove_dir_all(folder.join("build"))?)
    })?;
    Ok(folder.join(file))
}

fn wasm_opt(place: &Place) -> Result<Option<PathBuf>> {
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if let Some(found) = found_with_version("wasm-opt", major) {
        return Ok(Some(found));
    }
    if cache::in_path("npm").is_none() && !debian::possible() {
        return Ok(None);
    }
    let package = npm_package(place, "binaryen", BINARYEN)?;
    let programs = package.with_file_name(".bin");
    Ok(Some(programs.join(if cfg!(windows) {
        "wasm-opt.cmd"
    } else {
        "wasm-opt"
    })))
}

fn found_with_version(program: &str, version: &str) -> Option<PathBuf> {
    let path = cache::in_path(program)?;
    let output = Command::new(&path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    names_version(&String::from_utf8_lossy(&output.stdout), version).then_some(path)
}

fn names_version(said: &str, version: &str) -> bool {
    said.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_tools_say_them() {
        assert!(names_version("trunk 0.21.14\n", "0.21.14"));
        assert!(names_version("wasm-bindgen 0.2.130", "0.2.130"));
        assert!(names_version("wasm-opt version 132 (version_132)", "132"));
        assert!(!names_version("wasm-opt version 108 (version_108)", "132"));
        assert!(!names_version("trunk 0.21.140", "0.21.14"));
    }

    #[test]
    fn the_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}
