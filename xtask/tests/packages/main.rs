//! The packages as people install them: each is made from the program that the tests have built,
//! and installed, unpacked or downloaded for real.
#![allow(
    clippy::unwrap_used,
    reason = "an unwrap that fails is a test that fails"
)]

mod contents;
#[cfg(unix)]
mod install;
#[cfg(unix)]
mod release;
mod scripts;
mod wheel;
mod workflows;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the clone.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What `cargo xtask test` names in `variable`; without it the test is skipped.
fn provided(test: &str, variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        testing::skip(test, &format!("{variable} is not set"));
    }
    path
}

/// The folder of the packages.
fn packages(test: &str) -> Option<PathBuf> {
    provided(test, "PODSLATE_TEST_PACKAGES")
}

/// The Python with which the packages are made, and the programs beside it.
fn tools(test: &str) -> Option<PathBuf> {
    provided(test, "PODSLATE_TEST_PACKAGING_PYTHON")
}

/// A file of the packages, by the end of its name.
fn package(folder: &Path, ending: &str) -> PathBuf {
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found: Vec<_> = names
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    assert_eq!(found.len(), 1, "{ending}: {found:?}");
    found.into_iter().next().unwrap()
}

/// Exit code, standard output and standard error of a command.
fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace('\r', "");
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// Standard output of a command, which succeeds.
fn stdout(command: &mut Command) -> String {
    let (code, stdout, stderr) = run(command);
    assert_eq!(code, 0, "{command:?}: {stdout}{stderr}");
    stdout
}

/// What `podslate --version` prints.
const VERSION: &str = concat!("podslate ", env!("CARGO_PKG_VERSION"));
