//! The checks that every change must pass.

use anyhow::Result;
use xshell::cmd;

use crate::builder::{Builder, DEV};
use crate::paths::Paths;
use crate::toolchain::{TARGETS, Toolchain};
use crate::{debian, step, test, tools};

const CARGO_DENY: &str = "0.20.2";

/// The packages that run as WebAssembly and their targets.
const WASM_PACKAGES: [(&str, &str); 2] = [
    ("podslate-frontend", TARGETS[0]),
    ("project-init", TARGETS[1]),
];

/// Checks format, lints, documentation, dependencies and tests; the first failure ends it.
pub fn run(paths: &Paths) -> Result<()> {
    let sh = &paths.host;
    step::show("cargo fmt", cmd!(sh, "cargo fmt --all --check"))?;
    let builder = Builder::set_up(paths)?;
    builder.artifacts(&DEV)?;
    let crates = test::HOST_CRATES;
    let clippy = cmd!(sh, "cargo clippy {crates...} --all-targets -- -D warnings");
    step::show("clippy for this machine", clippy)?;
    for (package, target) in WASM_PACKAGES {
        lint_wasm(&builder, paths, package, target)?;
    }
    let rustdoc = cmd!(
        sh,
        "cargo doc {crates...} --no-deps --document-private-items"
    );
    step::show("rustdoc", rustdoc.env("RUSTDOCFLAGS", "-D warnings"))?;
    dependencies(paths)?;
    test::run(paths, &[])
}

/// Checks the rules of deny.toml.
///
/// Not every machine can fetch the database of known vulnerabilities.
fn dependencies(paths: &Paths) -> Result<()> {
    let sh = &paths.host;
    let deny = tools::cargo_tool(paths, "cargo-deny", CARGO_DENY, "cargo-deny --locked")?;
    let rules = cmd!(sh, "{deny} check bans licenses sources");
    step::show("dependencies: bans, licenses, sources", rules)?;
    if step::attempt(paths, "dependencies: database", cmd!(sh, "{deny} fetch db")).is_ok() {
        return step::show(
            "dependencies: advisories",
            cmd!(sh, "{deny} check advisories"),
        );
    }
    step::warn("the advisories are not checked, because their database cannot be fetched here");
    Ok(())
}

fn lint_wasm(builder: &Builder, paths: &Paths, package: &str, target: &str) -> Result<()> {
    let sh = &builder.wasm;
    let title = format!("clippy of {package} for {target}");
    let has_clippy = || {
        cmd!(sh, "cargo clippy --version")
            .quiet()
            .ignore_stderr()
            .read()
            .is_ok()
    };
    if builder.toolchain == Toolchain::Linked && !has_clippy() && debian::is_usable(paths) {
        debian::install(paths, &["rust-web-clippy"])?;
    }
    if !has_clippy() {
        step::warn(&format!(
            "{title}: skipped, because its compiler has no clippy"
        ));
        return Ok(());
    }
    step::show(
        &title,
        cmd!(
            sh,
            "cargo clippy -p {package} --target {target} -- -D warnings"
        ),
    )
}
