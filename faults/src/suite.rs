//! Running items and telling of each.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the results are what this is for"
)]

use std::process::ExitCode;
use std::time::Instant;

use crate::item::Item;

/// Items that belong together.
pub struct Group<'a> {
    /// What selects them.
    pub name: &'static str,
    /// Runs them.
    pub run: Box<dyn Fn() -> Vec<Item> + 'a>,
}

/// A group from a function.
pub fn group<'a>(name: &'static str, run: impl Fn() -> Vec<Item> + 'a) -> Group<'a> {
    Group {
        name,
        run: Box::new(run),
    }
}

/// Runs the groups whose name has `word`, prints a line for each item, and says with the exit code
/// whether all was survived: 0 if it was, 1 if not, 2 if there is no such group.
pub fn run(groups: &[Group<'_>], word: &str) -> ExitCode {
    let start = Instant::now();
    let mut items = Vec::new();
    let is_meant = |group: &&Group<'_>| group.name.contains(word);
    if !groups.iter().any(|group| is_meant(&group)) {
        let mut names: Vec<_> = groups.iter().map(|group| group.name).collect();
        names.dedup();
        eprintln!(
            "error: no group has `{word}` in its name; there are {}.",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    for group in groups.iter().filter(is_meant) {
        eprintln!("{} ...", group.name);
        for item in (group.run)() {
            println!("{item}");
            items.push(item);
        }
    }
    let count = |is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count();
    println!(
        "{} items: {} failed, {} skipped, in {} s",
        items.len(),
        count(|item| !item.is_good()),
        count(Item::is_skipped),
        start.elapsed().as_secs()
    );
    match items.is_empty() || !items.iter().all(Item::is_good) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Runs the groups as a test without the usual harness, which would not tell what was skipped.
pub fn test(groups: &[Group<'_>]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    let is_list = arguments.iter().any(|word| word == "--list");
    let is_meant = arguments.iter().all(|word| word.starts_with('-'))
        || words.any(|word| "faults".contains(word.as_str()));
    match is_meant && !is_list {
        true => run(groups, ""),
        false => ExitCode::SUCCESS,
    }
}
