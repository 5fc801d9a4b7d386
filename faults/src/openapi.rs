//! Requests that schemathesis generates from the API's description, and its verdict on the
//! responses.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;
use testing::{Server, Tree, http, memory_dir};

use crate::outcome::{Outcome, Skipped};
use crate::program::Program;

/// Names the Python that has schemathesis.
const PYTHON: &str = "PODSLATE_TEST_PYTHON";
/// Project in the examples of the description.
const EXAMPLE: &str = "MyCharacter";

/// Runs schemathesis once per seed with at most `examples` of each kind, and at least `min_requests`
/// in total.
pub fn all(program: &Program, seeds: &[u32], examples: usize, min_requests: usize) -> Outcome {
    Outcome::of("requests by schemathesis", |outcome| {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
        let version = schemathesis(&python, &["--version"], Path::new("."));
        if !version.is_ok_and(|output| output.status.success()) {
            let reason = "schemathesis is missing; `cargo xtask faults` installs it";
            return Err(Skipped(reason.to_owned()).into());
        }
        outcome.note(format!("seeds {seeds:?}"));
        for seed in seeds {
            let context = || format!("seed {seed}");
            if let Err(error) = run(outcome, program, &python, *seed, examples) {
                outcome.count(Err(error).with_context(context));
            }
        }
        let tried = outcome.tried();
        ensure!(
            tried >= min_requests,
            "{tried} requests, not {min_requests}"
        );
        Ok(())
    })
}

fn run(
    outcome: &mut Outcome,
    program: &Program,
    python: &str,
    seed: u32,
    examples: usize,
) -> Result<()> {
    let dir = memory_dir()?;
    let workspace = dir.path().join("workspace");
    let server = Server::start(&program.path, &workspace)?;
    let example = json!({ "project_name": EXAMPLE });
    http::post(server.address(), "/api/projects/create", &example)?;
    let (seed, examples) = (seed.to_string(), examples.to_string());
    let url = format!("http://{}/api/openapi.json", server.address());
    let arguments = [
        ["run", &url],
        ["--checks", "all"],
        ["--mode", "all"],
        ["--generation-database", "none"],
        ["--request-timeout", "10"],
        ["--seed", &seed],
        ["--max-examples", &examples],
    ];
    let arguments = [arguments.as_flattened(), &["--no-color"]].concat();
    let output = schemathesis(python, &arguments, dir.path())?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let (passed, failed) = summary(&stdout).ok_or_else(|| anyhow!("no summary: {stdout}"))?;
    (0..passed).for_each(|_| outcome.count(Ok(())));
    (0..failed).for_each(|_| outcome.expect(false, "a wrong response"));
    ensure!(output.status.success(), "{stdout}");
    // Whatever it sent, every project is complete.
    let tree = Tree::read(&workspace)?;
    let half = tree.projects().find(|name| !tree.is_complete(name));
    let half = half.or(tree.hidden().first().copied());
    ensure!(half.is_none(), "{half:?} is half-made");
    Ok(())
}

fn schemathesis(python: &str, arguments: &[&str], dir: &Path) -> io::Result<Output> {
    Command::new(python)
        .args(["-m", "schemathesis.cli"])
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
}

/// Passed and failed requests, from `Test cases:` and the line below it, for example
/// `1244 generated, 1 found 1 unique failures, 1243 passed`.
fn summary(stdout: &str) -> Option<(usize, usize)> {
    let (_, summary) = stdout.split_once("\nTest cases:\n")?;
    let line = summary.lines().next()?;
    let number = |word: &str| -> Option<usize> {
        let part = line.split(',').find(|part| part.contains(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    let passed = number("passed").unwrap_or(0);
    let skipped = number("skipped").unwrap_or(0);
    let failed = number("generated")?.checked_sub(passed + skipped)?;
    Some((passed, failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_numbers_of_requests() {
        let of = |line: &str| summary(&format!("x\n\nTest cases:\n  {line}\n\nSeed: 1\n"));
        assert_eq!(of("1244 generated, 1244 passed"), Some((1244, 0)));
        let failed = of("10 generated, 2 found 1 unique failures, 7 passed, 1 skipped");
        assert_eq!(failed, Some((7, 2)));
        assert_eq!(of("none"), None);
        assert_eq!(summary("Seed: 1"), None);
    }
}
