//! A fault at every system call of an operation: the program is killed there, or gets an error.

use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};
use testing::memory_dir;

use crate::outcome::Outcome;
use crate::program::Program;
use crate::scenario::{self, Scenario};
use crate::strace::{self, ERRORS, Fault, Position};

/// Number of programs that run at the same time.
const THREADS: usize = 2;

/// Selection of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// Every position with every error.
    All,
    /// Every `n`th of those at calls of the file system.
    EveryNth(usize),
}

/// Kills the program at every position of every operation.
pub fn kills(program: &Program, sample: Sample) -> Vec<Outcome> {
    sweep(program, sample, "killed", |_| vec![Fault::Kill])
}

/// Injects every error at every position of every operation.
pub fn errors(program: &Program, sample: Sample) -> Vec<Outcome> {
    sweep(program, sample, "given an error", |position| {
        let errors: &[&str] = if position.can_fail() { &ERRORS } else { &[] };
        errors.iter().copied().map(Fault::Error).collect()
    })
}

fn sweep(
    program: &Program,
    sample: Sample,
    fault: &str,
    faults: impl Fn(&Position) -> Vec<Fault>,
) -> Vec<Outcome> {
    let outcomes = scenario::all().map(|scenario| {
        let name = format!("{} {fault} in {}", program.name(), scenario.name);
        Outcome::of(name, |outcome| {
            strace::require()?;
            let positions = positions(program, &scenario)?;
            let cases = &cases(positions, sample, &faults);
            let (scenario, outcome) = (&scenario, &Mutex::new(outcome));
            thread::scope(|scope| {
                for first in 0..THREADS {
                    scope.spawn(move || {
                        for (position, fault) in cases.iter().skip(first).step_by(THREADS) {
                            let survived = inject(program, scenario, position, fault);
                            let mut outcome = outcome.lock().expect("no thread panicked");
                            match survived {
                                Ok(false) => {}
                                survived => outcome.count(survived.map(drop)),
                            }
                        }
                    });
                }
            });
            Ok(())
        })
    });
    outcomes.into()
}

fn cases(
    positions: Vec<Position>,
    sample: Sample,
    faults: impl Fn(&Position) -> Vec<Fault>,
) -> Vec<(Position, Fault)> {
    let all = positions.into_iter().flat_map(|position| {
        let faults = faults(&position).into_iter();
        faults.map(move |fault| (position.clone(), fault))
    });
    match sample {
        Sample::All => all.collect(),
        Sample::EveryNth(n) => all
            .filter(|(position, _)| position.is_of_file_system())
            .step_by(n)
            .collect(),
    }
}

fn positions(program: &Program, scenario: &Scenario) -> Result<Vec<Position>> {
    let dir = memory_dir()?;
    scenario.prepare(dir.path())?;
    let positions = strace::positions(program, dir.path(), scenario.operation)?;
    let is_rename = |position: &Position| position.call.starts_with("rename");
    ensure!(positions.iter().any(is_rename), "the trace shows no rename");
    Ok(positions)
}

/// Returns whether the fault happened; the error is what is wrong afterwards.
fn inject(
    program: &Program,
    scenario: &Scenario,
    position: &Position,
    fault: &Fault,
) -> Result<bool> {
    let (dir, operation) = (memory_dir()?, scenario.operation);
    let workspace = dir.path();
    scenario.prepare(workspace)?;
    let is_misled = matches!(fault, Fault::Error("ENOENT"));
    strace::run_with_fault(program, workspace, operation, position, fault)
        .and_then(|(exit, has_happened)| {
            scenario.judge(program, workspace, &exit, is_misled)?;
            Ok(has_happened)
        })
        .with_context(|| format!("{} {}, {fault:?}", position.call, position.number))
}
