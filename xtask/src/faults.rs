//! Runs the whole fault suite; the tests have a cut of it.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

use anyhow::Result;

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::place::Place;
use crate::{needs, step, test};

/// Builds the programs as the tests do and lets the suite loose on them; `word` selects a part.
pub fn run(place: &Place, word: &[&str]) -> Result<()> {
    let kit = Kit::set_up(place)?;
    needs::strace(place)?;
    let python = needs::schemathesis(place)?;
    kit.artifacts(Profile::Dev)?;
    let mut build = host_cargo(place);
    build.args(["test", "--no-run"]).args(test::rooms(&[]));
    step::show("cargo test --no-run", &mut build)?;
    let program = |name: &str| {
        place
            .host_target
            .join("debug")
            .join(format!("{name}{EXE_SUFFIX}"))
    };
    let mut suite = Command::new(program("podslate-faults"));
    if word.is_empty() || word.iter().any(|word| "load".contains(word)) {
        // How fast it is is a question about the product.
        suite.env("PODSLATE_TEST_PRODUCT", kit.program()?);
    }
    suite
        .args([program("project-init"), program("podslate")])
        .args(word)
        .envs([python]);
    step::show(&["the fault suite", &word.concat()].join(" "), &mut suite)
}
