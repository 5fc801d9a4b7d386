//! Runs the tests with everything that they need.

use std::time::Instant;

use anyhow::Result;

use crate::artifacts::{Kit, Profile, host_cargo};
use crate::place::Place;
use crate::{needs, step};

/// The tests of all rooms; `filter` goes to `cargo test`.
///
/// The page as a whole is built as an artifact and tested in a browser by the command line's tests.
pub fn run(place: &Place, filter: &[&str]) -> Result<()> {
    let start = Instant::now();
    let kit = Kit::set_up(place)?;
    let needs = needs::set_up(place)?;
    kit.artifacts(Profile::Dev)?;
    let mut command = host_cargo(place);
    command
        .arg("test")
        .args(rooms(filter))
        .args(filter)
        .envs(needs);
    step::show(&[&["cargo test"], filter].concat().join(" "), &mut command)?;
    if filter.is_empty() {
        // Apart from the others, whose libraries would be built again with what the page's need.
        let mut page = host_cargo(place);
        page.args(["test", "--package", "podslate-frontend"]);
        step::show("cargo test, the page's own", &mut page)?;
    }
    step::note(&format!(
        "tests passed, with everything that they need built, in {}",
        step::seconds(start.elapsed())
    ));
    Ok(())
}

/// All rooms that run on this machine, unless the caller names some.
pub fn rooms(filter: &[&str]) -> &'static [&'static str] {
    let named = |word: &&&str| word.starts_with("-p") || word.starts_with("--package");
    if filter
        .iter()
        .take_while(|word| **word != "--")
        .any(|word| named(&word))
    {
        return &[];
    }
    &["--workspace", "--exclude", "podslate-frontend"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rooms_are_tested_unless_some_are_named() {
        assert_eq!(rooms(&["name", "--", "-p"]).len(), 3);
        assert!(rooms(&["-p", "xtask"]).is_empty());
        assert!(rooms(&["--package=xtask"]).is_empty());
    }
}
