//! Runs the tests or the fault suite, and lists the tests that skipped themselves.

use std::collections::BTreeSet;
use std::env;
use std::time::Instant;

use anyhow::{Result, ensure};
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
    test_deps::windows(&builder, paths, &sh);
    let skips = paths.logs.join("skipped-tests");
    fs::write(&skips, "")?;
    sh.set_var("PODSLATE_TEST_SKIPS", &skips);
    let crates = selection(args);
    if !crates.is_empty() {
        let build = cmd!(sh, "cargo test --no-run {crates...}");
        step::show("build the tests", build)?;
    }
    test_deps::packages(paths, &sh);
    let tests = cmd!(sh, "cargo test {crates...} {args...}");
    let mut tested = step::show(&tests.to_string(), tests);
    if args.is_empty() && tested.is_ok() {
        // On its own, because with its features the libraries of the others are built again.
        let page = cmd!(sh, "cargo test --package podslate-frontend");
        tested = step::show("cargo test, the page's own", page);
    }
    let is_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    let skipped = report(&fs::read_to_string(&skips)?, is_ci);
    tested.and(skipped)?;
    let duration = step::seconds(start.elapsed());
    step::note(&format!(
        "tests passed, with all that they need built, in {duration}"
    ));
    Ok(())
}

/// Prints the tests of the lines `name<TAB>reason`, which skipped themselves; a failure in CI.
fn report(lines: &str, is_ci: bool) -> Result<()> {
    let skipped = skipped(lines);
    let count = skipped.len();
    if count > 0 {
        println!("skipped {count}:\n{}", Vec::from_iter(skipped).join("\n"));
    }
    ensure!(
        count == 0 || !is_ci,
        "Skipped tests ({count}) are failures in CI."
    );
    Ok(())
}

fn skipped(lines: &str) -> BTreeSet<String> {
    let for_people = |line: &str| format!("- {}", line.replacen('\t', ": ", 1));
    lines.lines().map(for_people).collect()
}

/// All crates that run on this machine, unless the caller names some.
fn selection(args: &[String]) -> &'static [&'static str] {
    let mut cargos = args.iter().take_while(|arg| *arg != "--");
    if cargos.any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        return &[];
    }
    &HOST_CRATES
}

/// Builds the programs as the tests do and runs the fault suite on them, or a `group` of it.
pub fn faults(paths: &Paths, group: Option<&str>) -> Result<()> {
    let (builder, sh) = test_deps::of_faults(paths)?;
    builder.artifacts(&DEV)?;
    let build = cmd!(sh, "cargo test --no-run {HOST_CRATES...}");
    step::show("build the fault suite", build)?;
    let mut folder = "debug";
    if group.is_none_or(|group| "load".contains(group)) {
        // The speed that counts is that of the product, and slow clients would take it away.
        sh.set_var("PODSLATE_TEST_PRODUCT", builder.program()?);
        let build = cmd!(sh, "cargo build --release -p podslate-faults");
        step::show("build the clients of the load", build)?;
        folder = "release";
    }
    let suite = paths.built(folder, "podslate-faults");
    let [worker, podslate] = ["project-init", "podslate"].map(|name| paths.built("debug", name));
    let suite = cmd!(sh, "{suite} {worker} {podslate}").args(group);
    step::show("the fault suite", suite)
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
        assert!(skipped(lines).iter().eq(&listed));
        assert!(report(lines, false).is_ok());
        let error = report(lines, true).unwrap_err().to_string();
        assert_eq!(error, "Skipped tests (2) are failures in CI.");
        assert!(report("", true).is_ok());
    }
}
