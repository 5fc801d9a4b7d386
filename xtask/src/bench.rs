//! Sizes and times that users notice, which bench.mjs measures.

use anyhow::Result;
use xshell::cmd;

use crate::builder::Builder;
use crate::paths::Paths;
use crate::step;
use crate::system::NODE;

/// Builds everything and prints one table of sizes and one of times.
pub fn run(paths: &Paths) -> Result<()> {
    let program = Builder::with(paths, &[&NODE], &[])?.program()?;
    let (node, artifacts, scratch) = (NODE.require()?, &paths.artifacts, "target/bench");
    let script = "xtask/src/bench.mjs";
    let bench = cmd!(
        paths.host,
        "{node} {script} {program} {artifacts} {scratch}"
    );
    step::show("sizes and times", bench)
}
