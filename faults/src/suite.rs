//! Running groups of checks and printing a line for each outcome.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the results are the purpose of the program"
)]

use std::process::ExitCode;
use std::time::Instant;

use crate::outcome::Outcome;

/// Checks that belong together.
pub struct Group<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> Vec<Outcome> + 'a>,
}

/// A group whose checks are run by a function; `name` selects it on the command line.
pub fn group<'a>(name: &'static str, run: impl Fn() -> Vec<Outcome> + 'a) -> Group<'a> {
    let run = Box::new(run);
    Group { name, run }
}

/// Runs the groups whose name contains `word` and prints a line for each check. The exit code is 0
/// if everything was survived, 1 if something was not, and 2 if there is no such group.
pub fn run(groups: &[Group<'_>], word: &str) -> ExitCode {
    run_each(groups, word, |_| {})
}

fn run_each(groups: &[Group<'_>], word: &str, then: impl Fn(&Outcome)) -> ExitCode {
    let start = Instant::now();
    let is_selected = |group: &&Group<'_>| group.name.contains(word);
    if !groups.iter().any(|group| is_selected(&group)) {
        let mut names: Vec<_> = groups.iter().map(|group| group.name).collect();
        names.dedup();
        let names = names.join(", ");
        eprintln!("error: no group has `{word}` in its name.\nhint: the groups are {names}.");
        return ExitCode::from(2);
    }
    let (mut total, mut failed, mut skipped) = (0, 0, 0);
    for group in groups.iter().filter(is_selected) {
        eprintln!("{} ...", group.name);
        for outcome in (group.run)() {
            println!("{outcome}");
            then(&outcome);
            total += 1;
            failed += usize::from(!outcome.is_good());
            skipped += usize::from(outcome.skipped().is_some());
        }
    }
    let seconds = start.elapsed().as_secs();
    println!("{total} checks: {failed} failed, {skipped} skipped, in {seconds} s");
    if total == 0 || failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs the groups as a test of `cargo test` without the usual harness, which would hide the lines,
/// and records what is skipped.
pub fn test(groups: &[Group<'_>]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let is_list = arguments.iter().any(|word| word == "--list");
    let is_selected =
        words.clone().next().is_none() || words.any(|word| "faults".contains(&**word));
    if !is_selected || is_list {
        return ExitCode::SUCCESS;
    }
    run_each(groups, "", |outcome| {
        if let Some(reason) = outcome.skipped() {
            testing::skip(&format!("faults: {}", outcome.name()), reason);
        }
    })
}
