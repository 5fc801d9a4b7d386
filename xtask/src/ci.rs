//! What must hold before a change is accepted.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::place::Place;
use crate::toolchain::{TARGETS, Toolchain};
use crate::{debian, step, test, tools};

/// The version of the checker of dependencies.
const DENY: &str = "0.20.2";

/// The packages that run as WebAssembly and their targets.
const WASM_PACKAGES: [(&str, &str); 2] = [
    ("podslate-frontend", TARGETS[0]),
    ("project-init", TARGETS[1]),
];

/// Format, lints, documentation and tests; the first that fails ends it.
pub fn run(place: &Place) -> Result<()> {
    step::show(
        "cargo fmt",
        host_cargo(place).args(["fmt", "--all", "--check"]),
    )?;
    let kit = Kit::set_up(place)?;
    kit.artifacts(Profile::Dev)?;
    let rooms = ["--workspace", "--exclude", "podslate-frontend"];
    let mut clippy = host_cargo(place);
    clippy
        .arg("clippy")
        .args(rooms)
        .args(["--all-targets", "--", "-D", "warnings"]);
    step::show("clippy for this machine", &mut clippy)?;
    for (package, target) in WASM_PACKAGES {
        lint_wasm(&kit, place, package, target)?;
    }
    let mut docs = host_cargo(place);
    docs.arg("doc")
        .args(rooms)
        .args(["--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings");
    step::show("rustdoc", &mut docs)?;
    dependencies(place)?;
    test::run(place, &[])
}

/// The rules of deny.toml. Known weaknesses are looked up in a database that not every machine can
/// fetch.
fn dependencies(place: &Place) -> Result<()> {
    let deny = tools::cargo_tool(place, "cargo-deny", DENY, &["cargo-deny", "--locked"])?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&deny);
        command.current_dir(&place.root).args(arguments);
        command
    };
    step::show(
        "dependencies: bans, licences, sources",
        &mut run(&["check", "bans", "licenses", "sources"]),
    )?;
    let fetched = run(&["fetch", "db"]).stdin(Stdio::null()).output();
    if fetched.is_ok_and(|output| output.status.success()) {
        return step::show(
            "dependencies: advisories",
            &mut run(&["check", "advisories"]),
        );
    }
    step::note("dependencies: advisories: skipped, because their database cannot be fetched here");
    Ok(())
}

fn lint_wasm(kit: &Kit, place: &Place, package: &str, target: &str) -> Result<()> {
    let title = format!("clippy of {package} for {target}");
    if kit.toolchain() == Toolchain::Linked && !has_clippy(kit) && debian::possible() {
        debian::install(place, &["rust-web-clippy"])?;
    }
    if !has_clippy(kit) {
        step::note(&format!(
            "{title}: skipped, because the compiler for WebAssembly has no clippy"
        ));
        return Ok(());
    }
    let mut command = kit.command("cargo");
    command.args([
        "clippy", "-p", package, "--target", target, "--", "-D", "warnings",
    ]);
    step::show(&title, &mut command)
}

fn has_clippy(kit: &Kit) -> bool {
    let mut command = kit.command("cargo");
    command
        .args(["clippy", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}
