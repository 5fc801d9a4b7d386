//! Many programs in one workspace at the same time, some of them killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use podslate_shared::Done;
use testing::{Tree, memory_dir, wait_until};

use crate::actors::Actors;
use crate::outcome::Outcome;
use crate::program::{Operation, Program, run};

/// Number of programs that run at the same time.
const THREADS: usize = 16;
/// Number of projects that contain files of a person.
const OWNED: usize = 24;
/// Number of names that the programs compete for.
const NAMES: usize = 60;
/// File of a person in an owned project.
const MARK: &str = "2_rig/mark.txt";

/// Maximum number of attempts to move an owned project back under a free name.
const MAX_RETURNS: usize = 1_000_000;
/// Times in which the servers list every change: one is told of it, one compares times.
const LISTED_WITHIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// Maximum additional time until enough programs were killed.
const MAX_OVERTIME: Duration = Duration::from_secs(600);

/// All programs create one name at the same time, again and again, and one of them succeeds.
pub fn one_winner(programs: &[&Program], rounds: usize) -> Outcome {
    Outcome::of("16 creators of one name", |outcome| {
        let dir = memory_dir()?;
        let workspace = dir.path();
        for round in 0..rounds {
            let name = &format!("Robot{round}");
            let codes: Vec<Option<i32>> = thread::scope(|scope| {
                let programs = programs.iter().cycle().take(THREADS);
                let creators: Vec<_> = programs
                    .map(|program| scope.spawn(|| program.run(workspace, Operation::Create(name))))
                    .collect();
                let codes = creators
                    .into_iter()
                    .map(|creator| creator.join().ok()?.ok()?.code);
                codes.collect()
            });
            let count = |code| codes.iter().filter(|it| **it == Some(code)).count();
            let has_one_winner = (count(0), count(1)) == (1, THREADS - 1);
            outcome.expect(has_one_winner, format_args!("{name}: exit codes {codes:?}"));
        }
        ensure_complete(&Tree::read(workspace)?)
    })
}

/// All programs and two servers create, rename and recover at random, for `time` at least and until
/// there were as many `kills`.
pub fn mixed(programs: &[&Program], kills: usize, time: Duration) -> Outcome {
    Outcome::of("16 of all kinds, some killed", |outcome| {
        let dir = memory_dir()?;
        let workspace = dir.path();
        for number in 0..OWNED {
            create_owned(programs[0], workspace, number)?;
        }
        let mix = Mix {
            actors: Actors::start(programs, workspace)?,
            workspace,
            kills,
            end: Instant::now() + time,
            tally: Mutex::default(),
        };
        let seed = fastrand::u64(..);
        thread::scope(|scope| {
            for number in 0..THREADS as u64 {
                let mix = &mix;
                scope.spawn(move || mix.work(&mut Rng::with_seed(seed.wrapping_add(number))));
            }
        });
        let tally = mix.tally();
        let Tally {
            killed,
            changed,
            moved_out,
            ..
        } = *tally;
        outcome.note(format!(
            "{killed} killed, {changed} changes acknowledged, {moved_out} moved out, seed {seed}"
        ));
        (1..killed).for_each(|_| outcome.count(Ok(())));
        outcome.count(ensure_settled(programs[0], workspace, &tally));
        outcome.count(ensure_listed(&mix.actors, workspace));
        ensure!(killed >= kills, "only {killed} were killed");
        Ok(())
    })
}

/// Creates a project with the same mark in its configuration and in a file.
fn create_owned(program: &Program, workspace: &Path, number: usize) -> Result<()> {
    let name = format!("Name{number}");
    program.succeed(workspace, Operation::Create(&name))?;
    let config = format!("{{\"project_name\": \"{name}\", \"mark\": \"mark-{number}-\"}}");
    let project = workspace.join(&name);
    fs::write(project.join("pipeline/config.json"), config)?;
    Ok(fs::write(project.join(MARK), format!("own-{number}-"))?)
}

/// Counts of everything that happened.
#[derive(Debug, Default)]
struct Tally {
    killed: usize,
    /// Acknowledged changes.
    changed: usize,
    /// Requested projects.
    requested: usize,
    /// Acknowledged projects.
    created: usize,
    moved_out: usize,
}

struct Mix<'a> {
    actors: Actors<'a>,
    workspace: &'a Path,
    kills: usize,
    end: Instant,
    tally: Mutex<Tally>,
}

impl Mix<'_> {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no thread panicked")
    }

    fn is_over(&self) -> bool {
        let now = Instant::now();
        let is_enough = now >= self.end && self.tally().killed >= self.kills;
        is_enough || now >= self.end + MAX_OVERTIME
    }

    fn work(&self, rng: &mut Rng) {
        while !self.is_over() {
            let (old, new) = (name(rng), name(rng));
            let operation = match rng.u8(..16) {
                0..5 => Operation::Create(&new),
                5 => Operation::Recover,
                6 => {
                    self.move_out(&old, rng);
                    continue;
                }
                _ => Operation::Rename(&old, &new),
            };
            let is_create = matches!(operation, Operation::Create(_));
            self.tally().requested += usize::from(is_create);
            let by_server = rng.u8(..4) == 0 && operation != Operation::Recover;
            let is_acknowledged = if by_server {
                self.actors.request(rng, operation)
            } else {
                self.run(rng, operation)
            };
            self.tally().changed += usize::from(is_acknowledged);
            self.tally().created += usize::from(is_acknowledged && is_create);
            if rng.u8(..200) == 0 && self.actors.restart(rng) {
                self.tally().killed += 1;
            }
        }
    }

    /// Moves a project out of the workspace; an owned one comes back under a free name.
    fn move_out(&self, name: &str, rng: &mut Rng) {
        let Some(place) = self.actors.move_out(rng, name) else {
            return;
        };
        if !place.join(MARK).exists() {
            self.tally().moved_out += 1;
            let _ = fs::remove_dir_all(place);
            return;
        }
        // A rename does not replace a directory that is not empty.
        for _ in 0..MAX_RETURNS {
            if fs::rename(&place, self.workspace.join(self::name(rng))).is_ok() {
                return;
            }
            thread::yield_now();
        }
    }

    /// Runs a program, and kills one of three after a few milliseconds; whether it succeeded.
    fn run(&self, rng: &mut Rng, operation: Operation<'_>) -> bool {
        let program = self.actors.program(rng);
        let mut command = program.command(&[], self.workspace, operation);
        if rng.u8(..3) > 0 {
            return run(&mut command).is_ok_and(|exit| exit.code == Some(0));
        }
        let end = Instant::now() + Duration::from_micros(rng.u64(..25_000));
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = quiet.spawn() else {
            return false;
        };
        while Instant::now() < end && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_micros(200));
        }
        let _ = child.kill();
        let Ok(status) = child.wait() else {
            return false;
        };
        self.tally().killed += usize::from(status.code().is_none());
        status.success()
    }
}

fn name(rng: &mut Rng) -> String {
    format!("Name{}", rng.usize(..NAMES))
}

fn ensure_complete(tree: &Tree) -> Result<()> {
    let half = tree.projects().find(|name| !tree.is_complete(name));
    ensure!(half.is_none(), "{half:?} is half-made");
    let hidden = tree.hidden();
    ensure!(hidden.is_empty(), "{} stays", hidden[0]);
    Ok(())
}

/// Recovers, then checks that nothing is lost, duplicated, mixed up or half-made.
fn ensure_settled(program: &Program, workspace: &Path, tally: &Tally) -> Result<()> {
    let before = Tree::read(workspace)?;
    ensure_complete(&before.visible())?;
    before.age_hidden(workspace)?;
    recover_all(program, workspace)?;
    let tree = Tree::read(workspace)?;
    ensure_complete(&tree)?;
    for number in 0..OWNED {
        let count = |text: String| tree.count_files_with(&text);
        let counts = (
            count(format!("\"mark-{number}-\"")),
            count(format!("own-{number}-")),
        );
        ensure!(counts == (1, 1), "mark {number} is there {counts:?} times");
    }
    for name in tree.projects() {
        let config = tree.config(name).unwrap_or_default();
        let text = |key: &str| config[key].as_str().unwrap_or_default();
        ensure!(
            text("project_name") == name,
            "{name} has the configuration {config}"
        );
        let mark = fs::read_to_string(workspace.join(name).join(MARK)).unwrap_or_default();
        let is_own = mark == text("mark").replace("mark", "own");
        ensure!(is_own, "{name} has the configuration of another project");
    }
    let found = tree.projects().count() + tally.moved_out;
    let expected = OWNED + tally.created..=OWNED + tally.requested;
    ensure!(
        expected.contains(&found),
        "{found} projects, not {expected:?}"
    );
    Ok(())
}

/// Recovers until there is nothing to do, because one run makes a limited number of changes.
fn recover_all(program: &Program, workspace: &Path) -> Result<()> {
    loop {
        let exit = program.succeed(workspace, Operation::Recover)?;
        match exit.done() {
            Some(Done::Recovered(it)) if it.repaired.is_empty() && it.removed.is_empty() => {
                return Ok(());
            }
            Some(Done::Recovered(_)) => {}
            _ => exit.ensure(false).context("recovery fails")?,
        }
    }
}

/// Both servers list what is on the disk in time.
fn ensure_listed(actors: &Actors<'_>, workspace: &Path) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let disk: BTreeSet<String> = tree.projects().map(str::to_owned).collect();
    let is_listed = |server| {
        let listed = actors.list(server).unwrap_or_default();
        BTreeSet::from_iter(listed) == disk
    };
    let are_listed = (0..2).all(|server| wait_until(LISTED_WITHIN[server], || is_listed(server)));
    let lists = (actors.list(0), actors.list(1));
    ensure!(
        are_listed && !disk.is_empty(),
        "{lists:?} instead of {disk:?}"
    );
    Ok(())
}
