//! Runs the tests with everything that they need.

use std::time::Instant;

use anyhow::Result;

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::place::Place;
use crate::{needs, step};

/// The tests of all rooms; `filter` goes to `cargo test`.
///
/// The page itself is built as an artifact and tested in a browser by the command line's tests.
pub fn run(place: &Place, filter: &[&str]) -> Result<()> {
    let start = Instant::now();
    let kit = Kit::set_up(place)?;
    let needs = needs::set_up(place)?;
    kit.artifacts(Profile::Dev)?;
    let mut command = host_cargo(place);
    command
        .args(["test", "--workspace", "--exclude", "podslate-frontend"])
        .args(filter);
    command.envs(needs);
    step::show(&format!("cargo test {}", filter.join(" ")), &mut command)?;
    step::note(&format!(
        "tests passed, with everything that they need built, in {}",
        step::seconds(start.elapsed())
    ));
    Ok(())
}
