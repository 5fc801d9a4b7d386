//! Runs the whole fault suite, of which the tests have a sample.

use std::env::consts::EXE_SUFFIX;

use anyhow::Result;
use xshell::cmd;

use crate::builder::DEV;
use crate::paths::Paths;
use crate::test::HOST_CRATES;
use crate::{step, test_deps};

/// Builds the programs as the tests do and runs the suite on them, or the groups named by `group`.
pub fn run(paths: &Paths, group: Option<&str>) -> Result<()> {
    let (builder, sh) = test_deps::of_faults(paths)?;
    builder.artifacts(&DEV)?;
    let build = cmd!(sh, "cargo test --no-run {HOST_CRATES...}");
    step::show("cargo test --no-run", build)?;
    if group.is_none_or(|group| "load".contains(group)) {
        // The speed that counts is that of the product.
        sh.set_var("PODSLATE_TEST_PRODUCT", builder.program()?);
    }
    let program = |name: &str| {
        paths
            .host_target
            .join("debug")
            .join(format!("{name}{EXE_SUFFIX}"))
    };
    let (suite, worker) = (program("podslate-faults"), program("project-init"));
    let suite = cmd!(sh, "{suite} {worker}")
        .arg(program("podslate"))
        .args(group);
    step::show(
        &["the fault suite", group.unwrap_or_default()].join(" "),
        suite,
    )
}
