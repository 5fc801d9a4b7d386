//! Interference in the middle of an operation: another program acts while it waits at a system
//! call.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use podslate_shared::ErrorCode;
use testing::{PATIENCE, Tree, memory_dir, wait_until};

use crate::fixture;
use crate::outcome::Outcome;
use crate::program::{Operation, Program, run};
use crate::strace::{self, Fault, Position};

/// Time that the operation waits, in milliseconds; the other program acts as soon as it does.
const PAUSE: u64 = 700;
const CONFIG: &str = "pipeline/config.json";

struct Interference {
    name: &'static str,
    operation: Operation<'static>,
    /// System call at which the operation waits, and its number.
    position: (&'static str, usize),
    act: fn(&Program, &Path) -> Result<()>,
    /// Expected exit code, and the error's code where it matters.
    exit: (i32, Option<ErrorCode>),
    /// Whether the workspace is as expected, after a recovery.
    is_right: fn(&Tree) -> bool,
}

const ALL: [Interference; 7] = [
    Interference {
        name: "the folder appears first",
        operation: Operation::Create("Robot"),
        position: ("renameat", 1),
        act: |_, workspace| create_mine(workspace, "Robot"),
        exit: (1, Some(ErrorCode::NameTaken)),
        is_right: |tree| tree.count_files_with("mine") == 1 && !tree.is_complete("Robot"),
    },
    Interference {
        name: "the new name is taken first",
        operation: Operation::Rename("Old", "New"),
        position: ("renameat", 1),
        act: |_, workspace| create_mine(workspace, "New"),
        exit: (1, Some(ErrorCode::NameTaken)),
        is_right: |tree| tree.count_files_with("mine") == 1 && has_config(tree, "Old"),
    },
    Interference {
        name: "the project is renamed first",
        operation: Operation::Rename("Old", "New"),
        position: ("renameat", 1),
        act: |program, workspace| {
            let third = Operation::Rename("Old", "Third");
            program.succeed(workspace, third).map(drop)
        },
        exit: (1, Some(ErrorCode::ProjectNotFound)),
        is_right: |tree| has_config(tree, "Third") && tree.projects().count() == 1,
    },
    Interference {
        name: "the project is renamed again",
        operation: Operation::Rename("Old", "New"),
        position: ("fsync", 1),
        act: |program, workspace| {
            let third = Operation::Rename("New", "Third");
            program.succeed(workspace, third).map(drop)
        },
        exit: (0, None),
        is_right: |tree| has_config(tree, "Third") && tree.projects().count() == 1,
    },
    Interference {
        name: "the configuration is edited",
        operation: Operation::Rename("Old", "New"),
        position: ("fsync", 1),
        act: |_, workspace| {
            let edited = "{\"project_name\": \"Old\", \"edited\": \"mine\"}";
            Ok(fs::write(workspace.join("New").join(CONFIG), edited)?)
        },
        exit: (0, None),
        is_right: |tree| has_config(tree, "New") && tree.count_files_with("\"mine\"") == 1,
    },
    Interference {
        name: "recovery removes the staging",
        operation: Operation::Create("Robot"),
        position: ("renameat", 1),
        act: |program, workspace| {
            Tree::read(workspace)?.age_hidden(workspace)?;
            program.succeed(workspace, Operation::Recover).map(drop)
        },
        exit: (2, None),
        is_right: |tree| tree.projects().count() == 1,
    },
    Interference {
        name: "a link replaces the staging",
        operation: Operation::Create("Robot"),
        position: ("renameat", 1),
        act: |_, workspace| {
            let tree = Tree::read(workspace)?;
            let staging = tree.hidden().first().map(|name| workspace.join(name));
            let staging = staging.context("there is no staging directory")?;
            fs::rename(&staging, workspace.join("Aside"))?;
            fixture::symlink(&workspace.join("Old"), &staging)
        },
        exit: (2, None),
        is_right: |tree| has_config(tree, "Old") && tree.is_complete("Old"),
    },
];

/// Every interference with a program.
pub fn all(program: &Program) -> Vec<Outcome> {
    let outcomes = ALL.iter().map(|interference| {
        let name = format!("{}: {}", program.name(), interference.name);
        Outcome::of(name, |outcome| {
            strace::require()?;
            outcome.count(interference.with(program));
            Ok(())
        })
    });
    outcomes.collect()
}

/// A project that takes longer than a minute to create does not appear.
pub fn deadline(program: &Program) -> Outcome {
    Outcome::of(
        format!("{} slower than a minute", program.name()),
        |outcome| {
            strace::require()?;
            let dir = memory_dir()?;
            let (position, fault) = (Position::new("fsync", 1), Fault::Delay(62_000));
            let create = Operation::Create("Robot");
            let (exit, _) = strace::run_with_fault(program, dir.path(), create, &position, &fault)?;
            let is_timed_out = exit.code == Some(2) && exit.error() == Some(ErrorCode::TimedOut);
            let is_empty = Tree::read(dir.path())?.is_empty();
            outcome.count(exit.ensure(is_timed_out && is_empty));
            Ok(())
        },
    )
}

impl Interference {
    fn with(&self, program: &Program) -> Result<()> {
        let dir = memory_dir()?;
        let workspace = &dir.path().join("workspace");
        fs::create_dir(workspace)?;
        program.succeed(workspace, Operation::Create("Old"))?;
        let log = dir.path().join("strace");
        let position = Position::new(self.position.0, self.position.1);
        let prefix = strace::injecting(&log, &position, &Fault::Delay(PAUSE));
        let exit = thread::scope(|scope| {
            let mut command = program.command(&prefix, workspace, self.operation);
            let operation = scope.spawn(move || run(&mut command));
            let acted =
                wait_for_call(&log, &position).and_then(|()| (self.act)(program, workspace));
            let exit = operation.join().map_err(|_| anyhow!("a thread panicked"))?;
            acted.and(exit)
        })?;
        program.succeed(workspace, Operation::Recover)?;
        let tree = Tree::read(workspace)?;
        let (code, error) = self.exit;
        let is_expected = exit.code == Some(code) && (error.is_none() || exit.error() == error);
        exit.ensure(is_expected && (self.is_right)(&tree))
            .with_context(|| format!("projects {:?}", tree.projects().collect::<Vec<_>>()))
    }
}

/// Waits for a call in the log, where `strace` writes it before the delay.
fn wait_for_call(log: &Path, position: &Position) -> Result<()> {
    let call = format!("{}(", position.call);
    let is_made = || {
        let log = fs::read_to_string(log).unwrap_or_default();
        log.matches(&call).count() >= position.number
    };
    ensure!(
        wait_until(PATIENCE, is_made),
        "no {call}) within {PATIENCE:?}"
    );
    Ok(())
}

fn create_mine(workspace: &Path, name: &str) -> Result<()> {
    fs::create_dir(workspace.join(name))?;
    Ok(fs::write(workspace.join(name).join("file"), "mine")?)
}

/// Whether a project has a configuration with its name.
fn has_config(tree: &Tree, name: &str) -> bool {
    let config = tree.config(name);
    config.is_some_and(|config| config["project_name"] == name)
}
