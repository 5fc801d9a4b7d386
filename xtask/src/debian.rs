//! The way of a machine whose rustup cannot download: Debian's packages.
//!
//! Debian ships a recent compiler with the source of the standard library, but not that
//! library for WebAssembly. It is built once here and put where that compiler looks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::toolchain::{LINKED_NAME, STAMP, TARGETS};
use crate::{cache, files, step};

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];
/// Any recent linker serves; the newest that this Debian has is taken.
const LINKERS: [&str; 4] = ["lld-22", "lld-21", "lld-20", "lld-19"];
const WASI_OBJECTS: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";
const ADVICE: &str =
    "Mend what the log says and run the same command again; it goes on where it stopped.";

/// Whether this is a Debian on which packages can be installed.
pub fn possible() -> bool {
    Path::new("/etc/debian_version").exists()
        && cache::in_path("apt-get").is_some()
        && output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}

/// Installs those of `packages` that are missing.
pub fn install(place: &Place, packages: &[&str]) -> Result<()> {
    if packages.iter().all(|package| installed(package)) {
        return Ok(());
    }
    let _lock = cache::lock(&place.cache.join("apt.lock"))?;
    update_lists(place)?;
    install_listed(place, packages)
}

/// Makes Debian's compiler able to build for both WebAssembly targets and links it into rustup.
pub fn wasm_toolchain(place: &Place) -> Result<()> {
    let _lock = cache::lock(&place.cache.join("debian-toolchain.lock"))?;
    install_compiler(place)?;
    let version =
        output(RUSTC, &["-vV"]).with_context(|| format!("{RUSTC} does not run; {ADVICE}"))?;
    let sysroot =
        output(RUSTC, &["--print", "sysroot"]).context("Debian's rustc names no sysroot.")?;
    let rustlib = PathBuf::from(sysroot.trim()).join("lib/rustlib");
    link_linker(&rustlib, &version)?;
    for target in TARGETS {
        standard_library(place, target, &rustlib, &version)?;
    }
    if cache::in_path("rustup").is_some() {
        let mut command = Command::new("rustup");
        command.args(["toolchain", "link", LINKED_NAME, "/usr"]);
        step::run(
            place,
            "Link Debian's compiler into rustup",
            ADVICE,
            &mut command,
        )?;
    }
    Ok(())
}

fn install_compiler(place: &Place) -> Result<()> {
    if PACKAGES.iter().all(|package| installed(package)) && lld().is_some() {
        return Ok(());
    }
    let _lock = cache::lock(&place.cache.join("apt.lock"))?;
    update_lists(place)?;
    let linker = LINKERS.into_iter().find(|package| available(package));
    let (Some(linker), true) = (linker, PACKAGES.iter().all(|package| available(package))) else {
        bail!(
            "This Debian has no compiler for WebAssembly ({}); use Debian 12 or later with its \
             updates, or `rustup target add {}` with a network connection.",
            PACKAGES.join(", "),
            TARGETS.join(" ")
        );
    };
    install_listed(place, &[&PACKAGES[..], &[linker]].concat())
}

fn install_listed(place: &Place, packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !installed(package))
        .collect();
    let title = format!("Install the Debian packages {}", missing.join(", "));
    let mut command = apt();
    command
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing);
    step::run(place, &title, ADVICE, &mut command)
}

fn standard_library(place: &Place, target: &str, rustlib: &Path, version: &str) -> Result<()> {
    let folder = rustlib.join(target).join("lib");
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == version) {
        return Ok(());
    }
    let work = place.cache.join(format!(".std-{target}"));
    files::empty_folder(&work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(
        work.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    let mut command = Command::new(CARGO);
    command
        .args([
            "build",
            "--release",
            "-Zbuild-std=std,panic_abort,proc_macro,test",
            "--target",
            target,
        ])
        .current_dir(&work)
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "RUSTFLAGS",
            "-Cembed-bitcode=yes -Zforce-unstable-if-unmarked",
        );
    step::run(
        place,
        &format!("Build the standard library for {target}"),
        ADVICE,
        &mut command,
    )?;

    let ready = rustlib.join(target).join("lib.unfinished");
    files::empty_folder(&ready)?;
    copy_libraries(
        &work.join("target").join(target).join("release/deps"),
        &ready,
    )?;
    if target == TARGETS[1] {
        copy_wasi_objects(&ready.join("self-contained"))?;
    }
    fs::write(ready.join(STAMP), version)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&ready, &folder)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn copy_libraries(from: &Path, to: &Path) -> Result<()> {
    for entry in
        fs::read_dir(from).with_context(|| format!("{} is not there. {ADVICE}", from.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(&path, to.join(&name))?;
        }
    }
    Ok(())
}

fn copy_wasi_objects(to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for name in WASI_OBJECTS {
        fs::copy(Path::new(WASI_LIBC).join(name), to.join(name)).with_context(|| {
            format!("{WASI_LIBC}/{name} is missing; reinstall the package wasi-libc.")
        })?;
    }
    Ok(())
}

#[cfg(unix)]
fn link_linker(rustlib: &Path, version: &str) -> Result<()> {
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host.")?;
    let link = rustlib.join(host).join("bin/rust-lld");
    if link.exists() {
        return Ok(());
    }
    let lld =
        lld().context("No lld is installed below /usr/lib/llvm-*; install the package lld.")?;
    fs::create_dir_all(rustlib.join(host).join("bin"))?;
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(&lld, &link)
        .with_context(|| format!("{} cannot be linked.", link.display()))
}

#[cfg(not(unix))]
fn link_linker(_: &Path, _: &str) -> Result<()> {
    bail!("Debian's packages are only for Debian.")
}

/// The newest lld of those that are recent enough.
fn lld() -> Option<PathBuf> {
    LINKERS
        .iter()
        .map(|package| {
            PathBuf::from(format!(
                "/usr/lib/{}/bin/lld",
                package.replace("lld", "llvm")
            ))
        })
        .find(|path| path.exists())
}

fn update_lists(place: &Place) -> Result<()> {
    step::run(
        place,
        "Update Debian's package lists",
        ADVICE,
        apt().arg("update"),
    )
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=600"]);
    command
}

fn installed(package: &str) -> bool {
    output("dpkg-query", &["-W", "-f", "${Status}", package])
        .is_some_and(|text| text.ends_with("ok installed"))
}

fn available(package: &str) -> bool {
    output("apt-cache", &["policy", package]).is_some_and(|text| has_candidate(&text))
}

fn has_candidate(policy: &str) -> bool {
    policy
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Candidate:"))
        .any(|version| version.trim() != "(none)")
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_package_with_a_candidate_is_available() {
        assert!(has_candidate(
            "lld-22:\n  Installed: (none)\n  Candidate: 1:22.1.8-1\n"
        ));
        assert!(!has_candidate(
            "lld-22:\n  Installed: (none)\n  Candidate: (none)\n"
        ));
        assert!(!has_candidate(""));
    }
}
