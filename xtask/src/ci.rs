//! What must hold before a change is accepted.

use anyhow::Result;

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::place::Place;
use crate::toolchain::{TARGETS, Toolchain};
use crate::{debian, step, test};

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
    test::run(place, &[])
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
