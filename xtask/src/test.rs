//! Runs the tests with everything that they need, and lists those that skipped themselves.
#![allow(clippy::print_stdout, reason = "the skipped tests are a result")]

use std::time::Instant;

use anyhow::{Result, bail};
use fs_err as fs;
use xshell::cmd;

use crate::builder::DEV;
use crate::paths::Paths;
use crate::{step, test_deps};

/// Cargo's arguments for all crates that run on this machine.
pub const HOST_CRATES: [&str; 3] = ["--workspace", "--exclude", "podslate-frontend"];

/// Runs the tests of all crates; `args` go to `cargo test`.
///
/// The page as a whole is built as an artifact and tested in a browser by the tests of `cli`.
pub fn run(paths: &Paths, args: &[String]) -> Result<()> {
    let start = Instant::now();
    let (builder, sh) = test_deps::set_up(paths)?;
    builder.artifacts(&DEV)?;
    let skips = paths.logs.join("skipped-tests");
    fs::write(&skips, "")?;
    sh.set_var("PODSLATE_TEST_SKIPS", &skips);
    let crates = selection(args);
    let title = ["cargo test", &args.join(" ")].join(" ");
    let mut tested = step::show(title.trim(), cmd!(sh, "cargo test {crates...} {args...}"));
    if args.is_empty() && tested.is_ok() {
        // On its own, because with its features the libraries of the others are built again.
        let page = cmd!(sh, "cargo test --package podslate-frontend");
        tested = step::show("cargo test, the page's own", page);
    }
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let skipped = report(&fs::read_to_string(&skips)?, is_ci);
    tested?;
    skipped?;
    let duration = step::seconds(start.elapsed());
    step::note(&format!(
        "tests passed, with everything that they need built, in {duration}"
    ));
    Ok(())
}

/// Prints the tests that skipped themselves, which is a failure in CI.
fn report(lines: &str, is_ci: bool) -> Result<()> {
    let skipped = skipped(lines);
    if skipped.is_empty() {
        return Ok(());
    }
    println!("skipped {}:\n{}", skipped.len(), skipped.join("\n"));
    if is_ci {
        bail!(
            "{} tests were skipped; in CI every test must run.",
            skipped.len()
        );
    }
    Ok(())
}

/// One line for people from each line `name<TAB>reason`.
fn skipped(lines: &str) -> Vec<String> {
    let for_people = |line: &str| format!("- {}", line.replacen('\t', ": ", 1));
    let mut skipped: Vec<String> = lines.lines().map(for_people).collect();
    skipped.sort();
    skipped.dedup();
    skipped
}

/// All crates that run on this machine, unless the caller names some.
fn selection(args: &[String]) -> &'static [&'static str] {
    let mut cargos = args.iter().take_while(|arg| *arg != "--");
    if cargos.any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        return &[];
    }
    &HOST_CRATES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_crates_are_tested_unless_some_are_named() {
        let words = |args: &str| -> Vec<_> { args.split(' ').map(str::to_owned).collect() };
        assert_eq!(selection(&words("name -- -p")).len(), 3);
        assert!(selection(&words("-p xtask")).is_empty());
        assert!(selection(&words("--package=xtask")).is_empty());
    }

    #[test]
    fn a_skipped_test_is_listed_once_and_fails_in_ci() {
        let lines = "mount\tneeds root\naxe\tno axe-core\nmount\tneeds root\n";
        let listed = ["- axe: no axe-core", "- mount: needs root"];
        assert_eq!(skipped(lines), listed);
        assert!(report(lines, false).is_ok());
        let error = report(lines, true).unwrap_err().to_string();
        assert_eq!(error, "2 tests were skipped; in CI every test must run.");
        assert!(report("", true).is_ok());
    }
}
