//! Lists of a workspace while its projects are created, renamed and moved out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use podslate_shared::layout::CHARACTER;
use podslate_shared::{Done, ProjectName};
use testing::memory_dir;

use crate::actors::Actors;
use crate::outcome::{Outcome, Skipped};
use crate::program::{Operation, Program};

/// Number of projects that never change, which every list must contain.
const STANDING: usize = 20;
/// Number of names that come, go and change.
const MOVING: usize = 40;
const READERS: usize = 4;
const WRITERS: usize = 4;
/// Where Linux shows the open files of this process.
const OPEN_FILES: &str = "/proc/self/fd";
/// One list in this many comes from a program, the others from the servers.
const LISTS_PER_PROGRAM: usize = 100;

/// Reads lists from servers and programs while others create, rename and move out projects: every
/// list has all standing projects, nothing twice and nothing that is not a complete project.
pub fn complete(programs: &[&Program], lists: usize) -> Outcome {
    Outcome::of("lists while projects come and go", |outcome| {
        if !Path::new(OPEN_FILES).is_dir() {
            return Err(Skipped(format!("there is no {OPEN_FILES}")).into());
        }
        let dir = memory_dir()?;
        // As the system shows it among the open files.
        let workspace = &dir.path().canonicalize()?;
        for number in 0..STANDING {
            let name = format!("Standing{number}");
            programs[0].succeed(workspace, Operation::Create(&name))?;
        }
        let race = Race {
            actors: Actors::start(programs, workspace)?,
            workspace,
            left: AtomicUsize::new(lists),
            is_over: AtomicBool::new(false),
            changes: AtomicUsize::new(0),
            outcome: Mutex::new(outcome),
        };
        let seed = fastrand::u64(..);
        race.run(seed);
        let changes = race.changes.into_inner();
        let tried = outcome.tried();
        ensure!(
            tried == lists && changes > 0,
            "{tried} lists and {changes} changes"
        );
        outcome.note(format!("{changes} changes meanwhile, seed {seed}"));
        Ok(())
    })
}

struct Race<'a> {
    actors: Actors<'a>,
    workspace: &'a Path,
    left: AtomicUsize,
    is_over: AtomicBool,
    changes: AtomicUsize,
    outcome: Mutex<&'a mut Outcome>,
}

impl Race<'_> {
    /// Runs the writers until the readers have all lists.
    fn run(&self, seed: u64) {
        let rng = |number: usize| Rng::with_seed(seed.wrapping_add(number as u64));
        thread::scope(|scope| {
            let read = |number| scope.spawn(move || self.read(&mut rng(number)));
            let readers: Vec<_> = (0..READERS).map(read).collect();
            for number in READERS..READERS + WRITERS {
                scope.spawn(move || self.write(&mut rng(number)));
            }
            for reader in readers {
                let _ = reader.join();
            }
            self.is_over.store(true, Ordering::Relaxed);
        });
    }

    fn read(&self, rng: &mut Rng) {
        let order = Ordering::Relaxed;
        let next = |left: usize| left.checked_sub(1);
        while let Ok(number) = self.left.fetch_update(order, order, next) {
            let listed = if number % LISTS_PER_PROGRAM == 0 {
                self.list_by_program(rng)
            } else {
                self.actors.list(rng.usize(..2))
            };
            let result = listed.and_then(|names| self.check(&names, rng));
            self.outcome
                .lock()
                .expect("no thread panicked")
                .count(result);
        }
    }

    fn list_by_program(&self, rng: &mut Rng) -> Result<Vec<String>> {
        let program = self.actors.program(rng);
        let exit = program.succeed(self.workspace, Operation::List)?;
        match exit.done() {
            Some(Done::Listed(listed)) => Ok(listed.projects.clone()),
            _ => exit.ensure(false).context("no list").map(|()| Vec::new()),
        }
    }

    fn check(&self, names: &[String], rng: &mut Rng) -> Result<()> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            ProjectName::parse(name).with_context(|| format!("`{name}` is listed"))?;
            *counts.entry(name).or_default() += 1;
        }
        let twice = counts.iter().find(|(_, count)| **count > 1);
        ensure!(twice.is_none(), "{twice:?} is listed more than once");
        for number in 0..STANDING {
            let name = format!("Standing{number}");
            ensure!(counts.contains_key(&*name), "{name} is not listed");
        }
        let name = rng.choice(names).expect("the standing projects are listed");
        ensure_complete_or_gone(self.workspace, name)
    }

    fn write(&self, rng: &mut Rng) {
        while !self.is_over.load(Ordering::Relaxed) {
            let (old, new) = (name(rng), name(rng));
            let is_changed = match rng.u8(..8) {
                0..4 => self.change(rng, Operation::Create(&new)),
                4..7 => self.change(rng, Operation::Rename(&old, &new)),
                _ => {
                    let place = self.actors.move_out(rng, &old);
                    place.map(fs::remove_dir_all).is_some()
                }
            };
            self.changes.fetch_add(is_changed.into(), Ordering::Relaxed);
        }
    }

    fn change(&self, rng: &mut Rng, operation: Operation<'_>) -> bool {
        if rng.bool() {
            return self.actors.request(rng, operation);
        }
        let program = self.actors.program(rng);
        program.succeed(self.workspace, operation).is_ok()
    }
}

fn name(rng: &mut Rng) -> String {
    format!("Moving{}", rng.usize(..MOVING))
}

/// The project is complete, or is no longer in the workspace: whoever moved it out moved all of it.
fn ensure_complete_or_gone(workspace: &Path, name: &str) -> Result<()> {
    let Ok(dir) = fs::File::open(workspace.join(name)) else {
        return Ok(());
    };
    // Through the open directory, which stays the same when it is renamed.
    let root = Path::new(OPEN_FILES).join(number(&dir));
    let files = CHARACTER.files.iter().map(|file| file.path);
    let mut paths = CHARACTER.directories.iter().copied().chain(files);
    let missing = paths.find(|path| !root.join(path).exists());
    let is_here = || fs::read_link(&root).is_ok_and(|place| place.starts_with(workspace));
    ensure!(missing.is_none() || !is_here(), "{name} lacks {missing:?}");
    Ok(())
}

#[cfg(unix)]
fn number(file: &fs::File) -> String {
    std::os::fd::AsRawFd::as_raw_fd(file).to_string()
}

#[cfg(not(unix))]
fn number(_file: &fs::File) -> String {
    String::new()
}
