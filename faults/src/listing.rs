//! Lists that are asked for while projects come, go and change their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use podslate_shared::layout::CHARACTER;
use podslate_shared::{Done, ProjectName, Report};

use crate::item::Item;
use crate::place;
use crate::program::{Ask, Kind, Program, run};
use crate::random::Random;
use crate::server::{self, Server};

/// Projects that nobody touches, which every list must have.
const STANDING: usize = 20;
/// Names that come, go and change.
const MOVING: usize = 40;
const READERS: usize = 4;
const WRITERS: usize = 4;
/// Where the system shows what this process has open.
const OPEN_FILES: &str = "/proc/self/fd";
/// One list of so many is asked of a command line.
const COMMAND_LINE: usize = 100;

/// Asks two servers and the command lines for lists while others create, rename and take away
/// projects: every list has all that stood there the whole time, nothing twice and nothing that is
/// not a whole project.
pub fn whole(programs: &[&Program], lists: usize) -> Item {
    let item = Item::new("lists while projects come and go");
    if !Path::new(OPEN_FILES).is_dir() {
        return item.skip(&format!("there is no {OPEN_FILES}"));
    }
    match try_whole(programs, lists, item.clone()) {
        Ok(item) => item,
        Err(error) => item.fail(&error),
    }
}

fn try_whole(programs: &[&Program], lists: usize, item: Item) -> Result<Item, String> {
    let text = |error: std::io::Error| error.to_string();
    let folder = place::in_memory().map_err(text)?;
    let bin = place::in_memory().map_err(text)?;
    make_standing(programs[0], folder.path())?;
    let podslate = programs
        .iter()
        .find(|program| program.kind == Kind::Podslate)
        .ok_or("no server to ask")?;
    let servers = [
        Server::start(podslate, folder.path()).map_err(text)?,
        Server::start(podslate, folder.path()).map_err(text)?,
    ];
    // As the system shows it among what is open.
    let workspace = folder.path().canonicalize().map_err(text)?;
    let race = Race {
        programs,
        workspace: &workspace,
        bin: bin.path(),
        servers: &servers,
        left: AtomicUsize::new(lists),
        is_over: AtomicBool::new(false),
        taken: AtomicUsize::new(0),
        changes: AtomicUsize::new(0),
        item: Mutex::new(item),
    };
    let seed = Random::seed();
    race.run(seed);
    let changes = race.changes.load(Ordering::Relaxed);
    let item = race.item.into_inner().map_err(|_| "a thread panicked")?;
    if item.tried() != lists || changes == 0 {
        return Err(format!("{} lists and {changes} changes", item.tried()));
    }
    Ok(item.note(&format!("{changes} changes meanwhile, seed {seed}")))
}

fn make_standing(program: &Program, workspace: &Path) -> Result<(), String> {
    for number in 0..STANDING {
        let name = format!("Standing{number}");
        let made = program.ask(workspace, Ask::Create(&name));
        match made.map_err(|error| error.to_string())?.exit {
            Some(0) => {}
            exit => return Err(format!("{name} cannot be made: {exit:?}")),
        }
    }
    Ok(())
}

struct Race<'a> {
    programs: &'a [&'a Program],
    workspace: &'a Path,
    /// Where what is taken away goes.
    bin: &'a Path,
    servers: &'a [Server; 2],
    left: AtomicUsize,
    is_over: AtomicBool,
    taken: AtomicUsize,
    changes: AtomicUsize,
    item: Mutex<Item>,
}

impl Race<'_> {
    /// Lets the writers write until the readers have all lists.
    fn run(&self, seed: u64) {
        let random = |number: usize| Random::new(seed + number as u64);
        thread::scope(|scope| {
            let readers: Vec<_> = (0..READERS)
                .map(|number| scope.spawn(move || self.read(&mut random(number))))
                .collect();
            for number in READERS..READERS + WRITERS {
                scope.spawn(move || self.write(&mut random(number)));
            }
            for reader in readers {
                let _ = reader.join();
            }
            self.is_over.store(true, Ordering::Relaxed);
        });
    }

    fn read(&self, random: &mut Random) {
        let next = |left: usize| left.checked_sub(1);
        while let Ok(number) = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
        {
            let listed = match number % COMMAND_LINE {
                0 => self.listed_by_program(random),
                _ => self.listed_by_server(random),
            };
            let result = listed.and_then(|names| self.check(&names, random));
            if let Ok(mut item) = self.item.lock() {
                item.count(result.map(|()| true));
            }
        }
    }

    fn listed_by_server(&self, random: &mut Random) -> Result<Vec<String>, String> {
        let server = &self.servers[random.below(2)];
        let answer = server::get(&server.address, "/api/projects/list");
        let answer = answer.map_err(|error| error.to_string())?;
        let names = answer["projects"].as_array().ok_or("no list")?.iter();
        Ok(names
            .map(|name| name.as_str().unwrap_or_default().to_owned())
            .collect())
    }

    fn listed_by_program(&self, random: &mut Random) -> Result<Vec<String>, String> {
        let program = self.programs[random.below(self.programs.len())];
        let ended = run(&mut program.list(self.workspace)).map_err(|error| error.to_string())?;
        match ended.report {
            Some(Report::Success(Done::Listed { projects, .. })) => Ok(projects),
            _ => Err(format!("no list: {}", ended.said)),
        }
    }

    fn check(&self, names: &[String], random: &mut Random) -> Result<(), String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            ProjectName::parse(name).map_err(|_| format!("`{name}` is listed"))?;
            *counts.entry(name).or_default() += 1;
        }
        if let Some((name, _)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{name} is listed twice"));
        }
        let standing = |number: &usize| counts.contains_key(&*format!("Standing{number}"));
        if let Some(number) = (0..STANDING).find(|number| !standing(number)) {
            return Err(format!("Standing{number} is not listed"));
        }
        match names.get(random.below(names.len())) {
            Some(name) => whole_or_gone(self.workspace, name),
            None => Ok(()),
        }
    }

    fn write(&self, random: &mut Random) {
        while !self.is_over.load(Ordering::Relaxed) {
            let (old, new) = (name(random), name(random));
            let is_changed = match random.below(8) {
                0..4 => self.ask(random, Ask::Create(&new)),
                4..7 => self.ask(random, Ask::Rename(&old, &new)),
                _ => self.take_away(&old),
            };
            self.changes
                .fetch_add(usize::from(is_changed), Ordering::Relaxed);
        }
    }

    fn ask(&self, random: &mut Random, ask: Ask<'_>) -> bool {
        match random.below(2) {
            0 => server::ask(&self.servers[random.below(2)].address, ask),
            _ => {
                let program = self.programs[random.below(self.programs.len())];
                let ended = program.ask(self.workspace, ask);
                ended.is_ok_and(|ended| ended.exit == Some(0))
            }
        }
    }

    /// Takes a project away at once, as people do who move it to another place.
    fn take_away(&self, name: &str) -> bool {
        let place = self.taken.fetch_add(1, Ordering::Relaxed).to_string();
        let place = self.bin.join(place);
        let is_taken = fs::rename(self.workspace.join(name), &place).is_ok();
        let _ = fs::remove_dir_all(place);
        is_taken
    }
}

fn name(random: &mut Random) -> String {
    format!("Moving{}", random.below(MOVING))
}

/// The folder has all of the layout, or is not in the workspace by now: whoever took it away took
/// the whole.
fn whole_or_gone(workspace: &Path, name: &str) -> Result<(), String> {
    let Ok(folder) = fs::File::open(workspace.join(name)) else {
        return Ok(());
    };
    // Through the open folder, which stays the same when it is renamed.
    let root = Path::new(OPEN_FILES).join(number(&folder));
    let files = CHARACTER.files.iter().map(|file| file.path);
    let mut paths = CHARACTER.directories.iter().copied().chain(files);
    let missing = paths.find(|path| !root.join(path).exists());
    let is_there = || fs::read_link(&root).is_ok_and(|place| place.starts_with(workspace));
    match missing {
        Some(path) if is_there() => Err(format!("{name} is without {path}")),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn number(file: &fs::File) -> String {
    std::os::fd::AsRawFd::as_raw_fd(file).to_string()
}

#[cfg(not(unix))]
fn number(_file: &fs::File) -> String {
    String::new()
}
