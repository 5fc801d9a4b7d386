//! The checks that every change must pass.

use anyhow::Result;
use xshell::cmd;

use crate::builder::{Builder, DEV};
use crate::paths::Paths;
use crate::test::{self, HOST_CRATES};
use crate::toolchain::TARGETS;
use crate::{pins, step, tools};

const CARGO_DENY: &str = "0.20.2";
const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

/// Checks format, lints, documentation, dependencies and tests; the first failure ends it.
pub fn run(paths: &Paths) -> Result<()> {
    let sh = &paths.host;
    step::show("cargo fmt", cmd!(sh, "cargo fmt --all --check"))?;
    let builder = Builder::set_up(paths)?;
    builder.artifacts(&DEV)?;
    let clippy = cmd!(sh, "cargo clippy {HOST_CRATES...} --all-targets");
    step::show("clippy for this machine", clippy.args(DENY_WARNINGS))?;
    for (package, target) in ["podslate-frontend", "project-init"].iter().zip(TARGETS) {
        let clippy = cmd!(builder.wasm, "cargo clippy -p {package} --target {target}");
        let title = format!("clippy of {package} for {target}");
        step::show(&title, clippy.args(DENY_WARNINGS))?;
    }
    let rustdoc = cmd!(sh, "cargo doc {HOST_CRATES...} --no-deps");
    let rustdoc = rustdoc.arg("--document-private-items");
    step::show("rustdoc", rustdoc.env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies(paths)?;
    test::run(paths, &[])
}

/// Checks the days of pins.txt, the rules of deny.toml, and known vulnerabilities where their
/// database can be fetched.
fn dependencies(paths: &Paths) -> Result<()> {
    pins::check(paths)?;
    let sh = &paths.host;
    let deny = tools::cargo_tool(paths, "cargo-deny", CARGO_DENY, "cargo-deny --locked")?;
    let rules = cmd!(sh, "{deny} check bans licenses sources");
    step::show("dependencies: bans, licenses, sources", rules)?;
    if step::attempt(paths, "fetch the advisories", cmd!(sh, "{deny} fetch db")).is_ok() {
        let advisories = cmd!(sh, "{deny} check advisories");
        return step::show("dependencies: advisories", advisories);
    }
    step::warn("the advisories are not checked, because their database cannot be fetched here");
    Ok(())
}
