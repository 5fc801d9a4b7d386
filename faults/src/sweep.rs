//! A fault at every system call of a program: killed there, or given an error.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::item::Item;
use crate::place;
use crate::program::Program;
use crate::scenario::{self, Scenario};
use crate::trace::{self, ERRORS, Fault, Position};

/// How many programs run at a time.
const HANDS: usize = 2;

/// Which positions are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Every position with every error.
    Full,
    /// Every `n`th of those at calls of the file system.
    EveryNth(usize),
}

/// Kills the program at every position of every change.
pub fn kills(program: &Program, cut: Cut) -> Vec<Item> {
    sweep(program, cut, "killed", |_| vec![Fault::Kill])
}

/// Lets every position of every change fail with every error.
pub fn errors(program: &Program, cut: Cut) -> Vec<Item> {
    sweep(program, cut, "given an error", |position| {
        let errors: &[&str] = if position.can_fail() { &ERRORS } else { &[] };
        errors.iter().copied().map(Fault::Error).collect()
    })
}

fn sweep(
    program: &Program,
    cut: Cut,
    what: &str,
    faults: impl Fn(&Position) -> Vec<Fault>,
) -> Vec<Item> {
    let items = scenario::all().map(|scenario| {
        let mut item = Item::new(&format!("{} {what} in {}", program.name(), scenario.name));
        if let Some(reason) = trace::unusable() {
            return item.skip(&reason);
        }
        let places = match baseline(program, &scenario) {
            Ok(positions) => chosen(positions, cut, &faults),
            Err(error) => return item.fail(&error),
        };
        let next = AtomicUsize::new(0);
        let shared = Mutex::new(&mut item);
        thread::scope(|scope| {
            for _ in 0..HANDS {
                scope.spawn(|| {
                    while let Some((position, fault)) =
                        places.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let result = try_one(program, &scenario, position, fault);
                        let mut item = shared.lock().expect("no thread panicked");
                        item.count(result.map_err(|wrong| {
                            format!("{} {}, {fault:?}: {wrong}", position.call, position.number)
                        }));
                    }
                });
            }
        });
        item
    });
    items.into()
}

fn chosen(
    positions: Vec<Position>,
    cut: Cut,
    faults: impl Fn(&Position) -> Vec<Fault>,
) -> Vec<(Position, Fault)> {
    let all = positions.into_iter().flat_map(|position| {
        let faults = faults(&position);
        faults
            .into_iter()
            .map(move |fault| (position.clone(), fault))
    });
    match cut {
        Cut::Full => all.collect(),
        Cut::EveryNth(n) => all
            .filter(|(position, _)| position.is_of_files())
            .step_by(n)
            .collect(),
    }
}

fn baseline(program: &Program, scenario: &Scenario) -> Result<Vec<Position>, String> {
    let folder = place::in_memory().map_err(|error| error.to_string())?;
    let written = scenario.before.write(folder.path());
    let found = written.and_then(|()| trace::positions(program, folder.path(), scenario.ask));
    let found = found.map_err(|error| error.to_string())?;
    match found
        .iter()
        .any(|position| position.call.starts_with("rename"))
    {
        true => Ok(found),
        false => Err("the trace shows no rename".to_owned()),
    }
}

/// Whether the fault happened; an error is what is wrong afterwards.
fn try_one(
    program: &Program,
    scenario: &Scenario,
    position: &Position,
    fault: &Fault,
) -> Result<bool, String> {
    let folder = place::in_memory().map_err(|error| error.to_string())?;
    let written = scenario.before.write(folder.path());
    written.map_err(|error| error.to_string())?;
    let (ended, happened) =
        trace::with_fault(program, folder.path(), scenario.ask, position, fault)
            .map_err(|error| error.to_string())?;
    let is_misled = matches!(fault, Fault::Error("ENOENT"));
    scenario::judge(scenario, program, folder.path(), &ended, is_misled)?;
    Ok(happened)
}
