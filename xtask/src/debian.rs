//! Debian's packages, which debian.sh installs after a person agreed.

use std::io::{IsTerminal, stderr, stdin};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::{Cmd, cmd};

use crate::paths::Paths;
use crate::{files, step};

/// Whether this is a Debian on which packages can be installed.
pub fn is_usable(paths: &Paths) -> bool {
    let user = || cmd!(paths.host, "id -u").quiet().read();
    Path::new("/etc/debian_version").exists() && user().is_ok_and(|user| user == "0")
}

/// Announces and installs those of `packages` that are missing, before the caller does `more`.
pub fn install(paths: &Paths, packages: &[&str], more: Option<&str>) -> Result<()> {
    let missing = script(paths, "missing").args(packages).read()?;
    let missing: Vec<&str> = missing.lines().collect();
    let list = missing.join(" ");
    let install = (!list.is_empty()).then(|| format!("install the Debian packages {list}"));
    let changes: Vec<&str> = install.as_deref().into_iter().chain(more).collect();
    if !changes.is_empty() {
        announce(paths, &format!("about to {}", changes.join(" and to ")))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let _lock = files::lock(&paths.cache.join("apt.lock"))?;
    let install = script(paths, "install").args(missing);
    step::install(paths, &list, "Debian's package servers", install)
}

/// Makes Debian's compiler build for both WebAssembly targets and links it into rustup.
///
/// The packages `also` are announced and installed with those of the compiler.
pub fn wasm_toolchain(paths: &Paths, also: &[&str]) -> Result<()> {
    let packages = script(paths, "compiler-packages").ignore_stderr().read();
    let packages = packages.context("Debian's packages have no compiler for WebAssembly here")?;
    let packages: Vec<&str> = packages.split(' ').chain(also.iter().copied()).collect();
    let more = "build the standard library for WebAssembly and write it below /usr/lib";
    install(paths, &packages, Some(more))?;
    let _lock = files::lock(&paths.cache.join("debian-toolchain.lock"))?;
    let set_up = script(paths, "compiler").arg(paths.cache.join(".std"));
    let title = "Set up Debian's compiler for WebAssembly";
    step::run(
        paths,
        title,
        "Fix what the log says and run it again.",
        set_up,
    )
}

fn script<'a>(paths: &'a Paths, command: &str) -> Cmd<'a> {
    cmd!(paths.host, "sh xtask/src/debian.sh {command}").quiet()
}

/// Announces a change of the system; at a terminal, asks for consent.
fn announce(paths: &Paths, change: &str) -> Result<()> {
    step::note(change);
    if paths.assume_yes || !stdin().is_terminal() || !stderr().is_terminal() {
        return Ok(());
    }
    eprint!("Continue? [Y/n] ");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    ensure!(
        accepts(&answer),
        "Nothing was installed; `--yes` accepts in advance."
    );
    Ok(())
}

/// Whether a line accepts; the end of the input has none.
fn accepts(line: &str) -> bool {
    ["\n", "y\n", "yes\n"].contains(&&*line.to_lowercase().replace('\r', ""))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use fs_err as fs;

    use super::*;

    #[test]
    fn enter_and_yes_accept_and_the_end_of_the_input_does_not() {
        assert!(["\n", "y\n", "Yes\r\n"].into_iter().all(accepts));
        assert!(!["", "n\n", "nope\n", "y"].into_iter().any(accepts));
    }

    #[test]
    fn only_a_package_with_a_candidate_is_available() {
        let folder = tempfile::tempdir().unwrap();
        let apt = folder.path().join("apt-get");
        let linkers = |missing: &str| {
            let text = format!("#!/bin/sh\ncase \"$*\" in *lld-{missing}*) exit 100; esac\n");
            fs::write(&apt, text).unwrap();
            fs::set_permissions(&apt, PermissionsExt::from_mode(0o755)).unwrap();
            let paths = Paths::of_test(concat!(env!("CARGO_MANIFEST_DIR"), "/..").as_ref());
            let path = format!("{}:/usr/bin:/bin", folder.path().display());
            let packages = script(&paths, "compiler-packages").env("PATH", path);
            packages.ignore_stderr().read().ok()
        };
        assert!(linkers("2[12]").is_some_and(|packages| packages.ends_with("wasi-libc lld-20")));
        assert!(linkers("9").is_some_and(|packages| packages.ends_with("wasi-libc lld-22")));
        assert_eq!(linkers(""), None);
    }
}
