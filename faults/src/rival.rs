//! Somebody else who acts in the middle of a change: the program waits at a system call meanwhile.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::item::Item;
use crate::place;
use crate::program::{Ask, Ended, Program, run};
use crate::trace::{self, Fault, Position};
use crate::tree::{Tree, make_old};

/// How long the program waits; the rival acts as soon as it does.
const PAUSE: u64 = 700;
const CONFIG: &str = "pipeline/config.json";

/// One who acts in between.
struct Rival {
    name: &'static str,
    ask: Ask<'static>,
    /// The system call at which the program waits, and which one of them.
    at: (&'static str, usize),
    /// What the rival does.
    act: fn(&Program, &Path) -> io::Result<()>,
    /// Checks the answer and the workspace after it.
    check: fn(&Ended, &Tree) -> Result<(), &'static str>,
}

const RIVALS: [Rival; 7] = [
    Rival {
        name: "a rival makes the folder first",
        ask: Ask::Create("Robot"),
        at: ("renameat", 1),
        act: |_, workspace| mine(workspace, "Robot"),
        check: |ended, tree| {
            expect(
                ended.exit == Some(1) && ended.said.contains("name_taken"),
                "the answer",
            )?;
            expect(
                tree.count("mine") == 1 && !tree.is_whole("Robot"),
                "the rival's file",
            )
        },
    },
    Rival {
        name: "a rival takes the new name first",
        ask: Ask::Rename("Old", "New"),
        at: ("renameat", 1),
        act: |_, workspace| mine(workspace, "New"),
        check: |ended, tree| {
            expect(
                ended.exit == Some(1) && ended.said.contains("name_taken"),
                "the answer",
            )?;
            expect(
                tree.count("mine") == 1 && says(tree, "Old", "Old"),
                "the projects",
            )
        },
    },
    Rival {
        name: "a rival renames the project first",
        ask: Ask::Rename("Old", "New"),
        at: ("renameat", 1),
        act: |program, workspace| asked(program, workspace, Ask::Rename("Old", "Third")),
        check: |ended, tree| {
            let is_told = ended.said.contains("project_not_found");
            expect(ended.exit == Some(1) && is_told, "the answer")?;
            expect(
                says(tree, "Third", "Third") && tree.folders().count() == 1,
                "the project",
            )
        },
    },
    Rival {
        name: "a rival renames the project on",
        ask: Ask::Rename("Old", "New"),
        at: ("fsync", 1),
        act: |program, workspace| asked(program, workspace, Ask::Rename("New", "Third")),
        check: |ended, tree| {
            expect(ended.exit == Some(0), "the answer")?;
            expect(
                says(tree, "Third", "Third") && tree.folders().count() == 1,
                "the project",
            )
        },
    },
    Rival {
        name: "an editor saves the configuration meanwhile",
        ask: Ask::Rename("Old", "New"),
        at: ("fsync", 1),
        act: |_, workspace| {
            let edited = "{\"project_name\": \"Old\", \"edited\": \"mine\"}";
            fs::write(workspace.join("New").join(CONFIG), edited)
        },
        check: |ended, tree| {
            expect(ended.exit == Some(0), "the answer")?;
            expect(
                says(tree, "New", "New") && tree.count("\"mine\"") == 1,
                "the edit",
            )
        },
    },
    Rival {
        name: "recovery takes the unfinished project",
        ask: Ask::Create("Robot"),
        at: ("renameat", 1),
        act: |program, workspace| {
            make_old(workspace, &Tree::read(workspace)?)?;
            asked(program, workspace, Ask::Recover)
        },
        check: |ended, tree| {
            expect(ended.exit == Some(2), "the answer")?;
            expect(tree.folders().count() == 1, "the workspace")
        },
    },
    Rival {
        name: "a link takes the unfinished project's place",
        ask: Ask::Create("Robot"),
        at: ("renameat", 1),
        act: |_, workspace| {
            let tree = Tree::read(workspace)?;
            let staging = tree.hidden().first().map(|name| workspace.join(name));
            let staging = staging.ok_or(io::ErrorKind::NotFound)?;
            fs::rename(&staging, workspace.join("Aside"))?;
            link(&workspace.join("Old"), &staging)
        },
        check: |ended, tree| {
            expect(ended.exit == Some(2), "the answer")?;
            expect(
                says(tree, "Old", "Old") && tree.is_whole("Old"),
                "the linked project",
            )
        },
    },
];

/// Every rival against a program.
pub fn all(program: &Program) -> Vec<Item> {
    let items = RIVALS.iter().map(|rival| {
        let mut item = Item::new(&format!("{}: {}", program.name(), rival.name));
        if let Some(reason) = trace::unusable() {
            return item.skip(&reason);
        }
        let result = against(program, rival);
        item.count(result.map(|()| true));
        item
    });
    items.collect()
}

/// A project that takes longer than a minute to make does not appear.
pub fn deadline(program: &Program) -> Item {
    let mut item = Item::new(&format!("{} slower than a minute", program.name()));
    if let Some(reason) = trace::unusable() {
        return item.skip(&reason);
    }
    let slow = || -> io::Result<bool> {
        let folder = place::in_memory()?;
        let position = Position {
            call: "fsync".to_owned(),
            number: 1,
        };
        let fault = Fault::Delay(62_000);
        let ask = Ask::Create("Robot");
        let (ended, _) = trace::with_fault(program, folder.path(), ask, &position, &fault)?;
        let is_told = ended.exit == Some(2) && ended.said.contains("timed_out");
        Ok(is_told && Tree::read(folder.path())?.0.is_empty())
    };
    item.count(match slow() {
        Ok(true) => Ok(true),
        Ok(false) => Err("it appeared, or something stayed".to_owned()),
        Err(error) => Err(error.to_string()),
    });
    item
}

fn against(program: &Program, rival: &Rival) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let folder = place::in_memory().map_err(text)?;
    let workspace = &folder.path().join("workspace");
    fs::create_dir(workspace).map_err(text)?;
    asked(program, workspace, Ask::Create("Old")).map_err(text)?;
    let log = folder.path().join("trace");
    let position = Position {
        call: rival.at.0.to_owned(),
        number: rival.at.1,
    };
    let prefix = trace::injecting(&log, &position, &Fault::Delay(PAUSE));
    let ended = thread::scope(|scope| {
        let mut command = program.command(&prefix, workspace, rival.ask);
        let change = scope.spawn(move || run(&mut command));
        let acted = wait_for_call(&log, &position).and_then(|()| (rival.act)(program, workspace));
        let ended = change
            .join()
            .map_err(|_| "no end".to_owned())?
            .map_err(text)?;
        acted.map(|()| ended).map_err(text)
    })?;
    let settle = || {
        asked(program, workspace, Ask::Recover)?;
        Tree::read(workspace)
    };
    let tree = settle().map_err(text)?;
    (rival.check)(&ended, &tree).map_err(|what| {
        let names: Vec<&str> = tree.folders().collect();
        format!(
            "{what} is wrong: exit {:?}, {}, {names:?}",
            ended.exit, ended.said
        )
    })
}

/// strace writes the call down before it waits.
fn wait_for_call(log: &Path, position: &Position) -> io::Result<()> {
    let end = Instant::now() + Duration::from_secs(20);
    let call = format!("{}(", position.call);
    while fs::read_to_string(log)
        .unwrap_or_default()
        .matches(&call)
        .count()
        < position.number
    {
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn mine(workspace: &Path, name: &str) -> io::Result<()> {
    fs::create_dir(workspace.join(name))?;
    fs::write(workspace.join(name).join("file"), "mine")
}

fn asked(program: &Program, workspace: &Path, ask: Ask<'_>) -> io::Result<()> {
    let ended = program.ask(workspace, ask)?;
    match ended.exit {
        Some(0) => Ok(()),
        _ => Err(io::Error::other(ended.said)),
    }
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn link(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn says(tree: &Tree, project: &str, name: &str) -> bool {
    tree.config(project)
        .is_some_and(|config| config["project_name"] == name)
}

fn expect(is_so: bool, what: &'static str) -> Result<(), &'static str> {
    match is_so {
        true => Ok(()),
        false => Err(what),
    }
}
