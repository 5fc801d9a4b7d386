//! Requests that schemathesis makes up from the server's own description, and what it says to the
//! answers.

use std::io;
use std::process::{Command, Output};

use crate::item::Item;
use crate::place;
use crate::program::{Ask, Program};
use crate::server::Server;
use crate::tree::Tree;

/// Names the Python that has schemathesis.
const PYTHON: &str = "PODSLATE_TEST_PYTHON";
/// What the description's examples name.
const EXAMPLE: &str = "MyCharacter";

/// Runs schemathesis once for each seed with so many examples of a kind; `least` requests in all.
pub fn all(program: &Program, seeds: &[u32], examples: usize, least: usize) -> Item {
    let mut item = Item::new("requests by schemathesis");
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let version = run(Command::new(&python).args(["-m", "schemathesis.cli", "--version"]));
    if !version.is_ok_and(|output| output.status.success()) {
        return item.skip("there is no schemathesis; `cargo xtask faults` installs it");
    }
    let mut generated = 0;
    for seed in seeds {
        match one(program, &python, *seed, examples) {
            Ok(Cases { passed, failures }) => {
                generated += passed;
                (0..passed).for_each(|_| item.count(Ok(true)));
                for failure in failures {
                    item = item.fail(&format!("seed {seed}: {failure}"));
                    generated += 1;
                }
            }
            Err(error) => item = item.fail(&format!("seed {seed}: {error}")),
        }
    }
    if generated < least {
        item = item.fail(&format!("{generated} requests, not {least}"));
    }
    item.note(&format!("seeds {seeds:?}"))
}

/// What came of a run.
#[derive(Debug, PartialEq, Eq)]
struct Cases {
    passed: usize,
    failures: Vec<String>,
}

fn one(program: &Program, python: &str, seed: u32, examples: usize) -> io::Result<Cases> {
    let folder = place::in_memory()?;
    let workspace = folder.path().join("workspace");
    let server = Server::start(program, &workspace)?;
    crate::server::ask(&server.address, Ask::Create(EXAMPLE));
    let output = run(Command::new(python)
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("http://{}/api/openapi.json", server.address))
        .args(["--checks", "all", "--mode", "all", "--no-color"])
        .args(["--generation-database", "none", "--request-timeout", "10"])
        .args(["--seed", &seed.to_string()])
        .args(["--max-examples", &examples.to_string()])
        .current_dir(folder.path()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut cases = cases(&said).ok_or_else(|| io::Error::other(format!("no summary: {said}")))?;
    if !output.status.success() {
        cases.failures.push(said.into_owned());
    }
    // Whatever it sent, all that it made are whole projects.
    let tree = Tree::read(&workspace)?;
    let half = tree.folders().find(|name| !tree.is_whole(name));
    if let Some(half) = half.or(tree.hidden().first().copied()) {
        cases.failures.push(format!("{half} is half made"));
    }
    Ok(cases)
}

fn run(command: &mut Command) -> io::Result<Output> {
    command.stdin(std::process::Stdio::null()).output()
}

/// Reads `Test cases:` and below it `1244 generated, 1 found 1 unique failures, 1243 passed`.
fn cases(said: &str) -> Option<Cases> {
    let (_, summary) = said.split_once("\nTest cases:\n")?;
    let line = summary.lines().next()?;
    let number = |what: &str| -> Option<usize> {
        let part = line.split(',').find(|part| part.contains(what))?;
        part.split_whitespace().next()?.parse().ok()
    };
    let (generated, passed) = (number("generated")?, number("passed").unwrap_or(0));
    let skipped = number("skipped").unwrap_or(0);
    let failed = generated.checked_sub(passed + skipped)?;
    Some(Cases {
        passed,
        failures: vec!["a wrong answer".to_owned(); failed],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_how_many_there_were() {
        let told = |line: &str| cases(&format!("x\n\nTest cases:\n  {line}\n\nSeed: 1\n"));
        let good = told("1244 generated, 1244 passed").expect("a summary");
        assert_eq!((good.passed, good.failures.len()), (1244, 0));
        let bad = told("10 generated, 2 found 1 unique failures, 7 passed, 1 skipped");
        let bad = bad.expect("a summary");
        assert_eq!((bad.passed, bad.failures.len()), (7, 2));
        assert_eq!(told("none"), None);
        assert_eq!(cases("Seed: 1"), None);
    }
}
