//! People and writers that use a staging directory while recovery removes it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use fastrand::Rng;
use podslate_shared::layout::CHARACTER;
use testing::{Tree, memory_dir};

use crate::outcome::Outcome;
use crate::program::{Operation, Program};

/// Number of staging directories at a time.
const BATCH: usize = 100;
/// Maximum time between two visits, in microseconds: together they take about as long as recovery.
const PAUSE: u64 = 1000;
/// Number of batches without a race after which there can be none.
const MAX_IDLE: usize = 20;

/// Recovery removes staging directories that others use at the same time, until `races` of those
/// succeeded: all that they saved is still there, and every visible project is complete.
pub fn races(programs: &[&Program], races: usize) -> Outcome {
    Outcome::of("use of what recovery removes", |outcome| {
        let seed = fastrand::u64(..);
        let (mut number, mut idle, mut is_race) = (0, 0, false);
        while (outcome.tried() < races || !is_race) && idle < MAX_IDLE {
            let before = outcome.tried();
            let program = programs[number % programs.len()];
            batch(outcome, program, seed.wrapping_add(number as u64))?;
            // All before recovery, or all after it, is no race: the machine is busy elsewhere.
            let is_mixed = (1..BATCH).contains(&(outcome.tried() - before));
            is_race |= is_mixed;
            idle = if is_mixed { 0 } else { idle + 1 };
            number += 1;
        }
        let tried = outcome.tried();
        let late = number * BATCH - tried;
        outcome.note(format!("{late} came too late, seed {seed}"));
        ensure!(
            tried >= races && is_race,
            "all came before recovery or after it"
        );
        Ok(())
    })
}

fn batch(outcome: &mut Outcome, program: &Program, seed: u64) -> Result<()> {
    let dir = memory_dir()?;
    let workspace = dir.path();
    let mut tree = Tree::default();
    (0..BATCH).for_each(|number| tree.project_named(&staging(number), &format!("Name{number}")));
    tree.write(workspace)?;
    tree.age_hidden(workspace)?;
    let (recovered, visits) = thread::scope(|scope| {
        let visits = scope.spawn(|| visit_all(workspace, &mut Rng::with_seed(seed)));
        let recovered = program.succeed(workspace, Operation::Recover);
        (recovered, visits.join())
    });
    recovered?;
    let visits = visits.map_err(|_| anyhow!("a thread panicked"))?;
    let first = Tree::read(workspace)?;
    // The remaining entries are stale by now: another recovery must not remove them, either.
    first.age_hidden(workspace)?;
    program.run(workspace, Operation::Recover)?;
    let second = Tree::read(workspace)?;
    for visit in visits {
        outcome.count(visit.ensure_kept(&first).and(visit.ensure_kept(&second)));
    }
    Ok(())
}

/// Successful use of a staging directory.
enum Visit {
    /// A file with this text was saved in it.
    Saved(String),
    /// Its writer published it under this name.
    Published(String),
}

impl Visit {
    fn ensure_kept(&self, tree: &Tree) -> Result<()> {
        match self {
            Self::Saved(text) => {
                ensure!(
                    tree.count_files_with(text) == 1,
                    "the file with {text} is gone"
                );
            }
            Self::Published(name) => {
                ensure!(
                    tree.is_complete(name),
                    "{name} was published and is not complete"
                );
            }
        }
        Ok(())
    }
}

/// Visits every staging directory once in a random order, so that recovery comes before some and
/// after others.
fn visit_all(workspace: &Path, rng: &mut Rng) -> Vec<Visit> {
    let mut numbers: Vec<usize> = (0..BATCH).collect();
    rng.shuffle(&mut numbers);
    let visits = numbers.into_iter().filter_map(|number| {
        thread::sleep(Duration::from_micros(rng.u64(..PAUSE)));
        let project = workspace.join(staging(number));
        if rng.u8(..4) > 0 {
            return save(&project, number, rng).map(Visit::Saved);
        }
        let name = format!("Name{number}");
        let published = fs::rename(&project, workspace.join(&name));
        published.is_ok().then_some(Visit::Published(name))
    });
    visits.collect()
}

/// Saves a file of a person as programs do: directly, by a rename, or in a new directory.
fn save(project: &Path, number: usize, rng: &mut Rng) -> Option<String> {
    let text = format!("own-{number}-");
    let dir = project.join(rng.choice(CHARACTER.directories)?);
    let saved = match rng.u8(..3) {
        0 => fs::write(dir.join("mesh.obj"), &text),
        1 => {
            let beside = project.parent()?.join(format!("beside-{number}"));
            fs::write(&beside, &text).ok()?;
            let moved = fs::rename(&beside, dir.join("config.json"));
            let _ = fs::remove_file(&beside);
            moved
        }
        _ => {
            let own = dir.join("own");
            fs::create_dir(&own).and_then(|()| fs::write(own.join("mesh.obj"), &text))
        }
    };
    saved.is_ok().then_some(text)
}

fn staging(number: usize) -> String {
    format!(".podslate-tmp-{number:032x}")
}
