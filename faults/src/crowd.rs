//! Many programs in one workspace at the same time, some of them killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use podslate_shared::{Done, Report};
use serde_json::Value;

use crate::item::Item;
use crate::place;
use crate::program::{Ask, Kind, Program, run};
use crate::random::Random;
use crate::server::Server;
use crate::tree::{Tree, make_old};

/// How many programs run at the same time.
const CROWD: usize = 16;
/// Projects with something of their own in them.
const OWNED: usize = 24;
/// Names that the crowd fights for.
const NAMES: usize = 60;

/// So often somebody looks for a free name to come back under.
const MOST_RETURNS: usize = 1_000_000;
/// So much longer it may take until enough programs were killed.
const MOST_LONGER: Duration = Duration::from_secs(600);

/// Lets the whole crowd create one name, again and again.
pub fn one_winner(programs: &[&Program], rounds: usize) -> Item {
    let mut item = Item::new("16 creators of one name");
    let folder = match place::in_memory() {
        Ok(folder) => folder,
        Err(error) => return item.fail(&error.to_string()),
    };
    for round in 0..rounds {
        let name = format!("Robot{round}");
        let exits: Vec<Option<i32>> = thread::scope(|scope| {
            let rivals: Vec<_> = (0..CROWD)
                .map(|rival| {
                    let (program, name) = (programs[rival % programs.len()], &name);
                    let folder = folder.path();
                    scope.spawn(move || program.ask(folder, Ask::Create(name)).ok()?.exit)
                })
                .collect();
            rivals.into_iter().map(|rival| rival.join().ok()?).collect()
        });
        let count = |code| exits.iter().filter(|exit| **exit == Some(code)).count();
        item.count(match (count(0), count(1)) {
            (1, refused) if refused == CROWD - 1 => Ok(true),
            _ => Err(format!("{name}: exit codes {exits:?}")),
        });
    }
    match Tree::read(folder.path()) {
        Ok(tree) if tree.hidden().is_empty() && tree.folders().all(|name| tree.is_whole(name)) => {
            item
        }
        Ok(_) => item.fail("something half made stays"),
        Err(error) => item.fail(&error.to_string()),
    }
}

/// Lets the crowd rename and create at random, through two servers and without, for so long at the
/// least and until so many programs were killed.
pub fn mixed(programs: &[&Program], kills: usize, least: Duration) -> Item {
    let item = Item::new("16 of all kinds, some killed");
    match try_mixed(programs, kills, least) {
        Ok((item, note)) => item.note(&note),
        Err(error) => item.fail(&error),
    }
}

fn try_mixed(
    programs: &[&Program],
    kills: usize,
    least: Duration,
) -> Result<(Item, String), String> {
    let text = |error: std::io::Error| error.to_string();
    let mut item = Item::new("16 of all kinds, some killed");
    let folder = place::in_memory().map_err(text)?;
    let bin = place::in_memory().map_err(text)?;
    let workspace = folder.path();
    for number in 0..OWNED {
        own(programs[0], workspace, number)?;
    }
    let podslate = programs
        .iter()
        .find(|program| program.kind == Kind::Podslate);
    let servers = (0..2).filter_map(|_| Server::start(podslate?, workspace).ok());
    let servers: Vec<Mutex<Server>> = servers.map(Mutex::new).collect();
    let crowd = Crowd {
        programs,
        workspace,
        servers: &servers,
        kills,
        least: Instant::now() + least,
        bin: bin.path(),
        taken: AtomicUsize::new(0),
        changed: AtomicUsize::new(0),
        killed: AtomicUsize::new(0),
        begun: AtomicUsize::new(0),
        acknowledged: AtomicUsize::new(0),
    };
    let seed = Random::seed();
    thread::scope(|scope| {
        for number in 0..CROWD {
            let crowd = &crowd;
            scope.spawn(move || crowd.member(&mut Random::new(seed + number as u64)));
        }
    });
    let killed = crowd.killed.load(Ordering::Relaxed);
    let made = Made {
        least: crowd.acknowledged.load(Ordering::Relaxed),
        most: crowd.begun.load(Ordering::Relaxed),
        taken: crowd.taken.load(Ordering::Relaxed),
    };
    let result = settled(programs[0], workspace, &made);
    (0..killed.saturating_sub(1)).for_each(|_| item.count(Ok(true)));
    item.count(result.map(|()| true));
    if let [one, two] = &servers[..] {
        item.count(agree(one, two, workspace).map(|()| true));
    }
    if killed < kills {
        item = item.fail(&format!("only {killed} were killed"));
    }
    let changed = crowd.changed.load(Ordering::Relaxed);
    let note = format!(
        "{killed} killed, {changed} changes acknowledged, {} taken away, seed {seed}",
        made.taken
    );
    Ok((item, note))
}

/// Makes a project whose configuration and one of whose files have the same mark.
fn own(program: &Program, workspace: &Path, number: usize) -> Result<(), String> {
    let name = format!("Name{number}");
    let ended = program.ask(workspace, Ask::Create(&name));
    if !matches!(ended, Ok(ref ended) if ended.exit == Some(0)) {
        return Err(format!("{name}: {ended:?}"));
    }
    let project = workspace.join(&name);
    let config = format!("{{\"project_name\": \"{name}\", \"mark\": \"mark-{number}-\"}}");
    let files = [
        ("pipeline/config.json", config),
        ("2_rig/mark.txt", format!("own-{number}-")),
    ];
    for (path, content) in files {
        fs::write(project.join(path), content).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// How many projects were made, at the least and at the most, and taken away.
struct Made {
    least: usize,
    most: usize,
    taken: usize,
}

struct Crowd<'a> {
    programs: &'a [&'a Program],
    workspace: &'a Path,
    /// Where what is taken away goes.
    bin: &'a Path,
    taken: AtomicUsize,
    servers: &'a [Mutex<Server>],
    kills: usize,
    least: Instant,
    changed: AtomicUsize,
    killed: AtomicUsize,
    begun: AtomicUsize,
    acknowledged: AtomicUsize,
}

impl Crowd<'_> {
    fn member(&self, random: &mut Random) {
        let deadline = self.least + MOST_LONGER;
        while self.is_short(Instant::now()) && Instant::now() < deadline {
            let (old, new) = (name(random), name(random));
            let ask = match random.below(16) {
                0..5 => Ask::Create(&new),
                5 => Ask::Recover,
                6 => {
                    self.take_away(&old, random);
                    continue;
                }
                _ => Ask::Rename(&old, &new),
            };
            let is_create = matches!(ask, Ask::Create(_));
            self.begun.fetch_add(is_create.into(), Ordering::Relaxed);
            let is_acknowledged = match (random.below(4), ask) {
                (0, Ask::Create(_) | Ask::Rename(..)) if !self.servers.is_empty() => {
                    let server = &self.servers[random.below(self.servers.len())];
                    let url = server.lock().map(|server| server.address.clone());
                    url.is_ok_and(|address| crate::server::ask(&address, ask))
                }
                _ => self.run(random, ask),
            };
            self.changed
                .fetch_add(is_acknowledged.into(), Ordering::Relaxed);
            let made = is_create && is_acknowledged;
            self.acknowledged.fetch_add(made.into(), Ordering::Relaxed);
            if random.below(200) == 0 && !self.servers.is_empty() {
                let server = &self.servers[random.below(self.servers.len())];
                if let Ok(mut server) = server.lock() {
                    let is_killed = server.kill_and_start(self.workspace);
                    self.killed.fetch_add(is_killed.into(), Ordering::Relaxed);
                }
            }
        }
    }

    /// Takes a project away at once; one that is somebody's comes back under a name that is free.
    fn take_away(&self, old: &str, random: &mut Random) {
        let place = self.bin.join(random.below(usize::MAX).to_string());
        if fs::rename(self.workspace.join(old), &place).is_err() {
            return;
        }
        if !place.join("2_rig/mark.txt").exists() {
            self.taken.fetch_add(1, Ordering::Relaxed);
            let _ = fs::remove_dir_all(place);
            return;
        }
        // A folder that is not empty is not replaced.
        for _ in 0..MOST_RETURNS {
            if fs::rename(&place, self.workspace.join(name(random))).is_ok() {
                return;
            }
            thread::yield_now();
        }
    }

    fn is_short(&self, now: Instant) -> bool {
        now < self.least || self.killed.load(Ordering::Relaxed) < self.kills
    }

    /// Runs a program, one of three with an end after a few milliseconds; whether it said success.
    fn run(&self, random: &mut Random, ask: Ask<'_>) -> bool {
        let program = self.programs[random.below(self.programs.len())];
        let mut command = program.command(&[], self.workspace, ask);
        if random.below(3) > 0 {
            return run(&mut command).is_ok_and(|ended| ended.exit == Some(0));
        }
        let end = Instant::now() + Duration::from_micros(random.below(25_000) as u64);
        let quiet = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let Ok(mut child) = quiet.spawn() else {
            return false;
        };
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_micros(200)),
                _ => break,
            }
        }
        let _ = child.kill();
        let status = child.wait();
        let is_killed = status.as_ref().is_ok_and(|status| status.code().is_none());
        self.killed.fetch_add(is_killed.into(), Ordering::Relaxed);
        status.is_ok_and(|status| status.success())
    }
}

/// Recovers until there is nothing to do: one run makes a limited number of changes.
fn recover_all(program: &Program, workspace: &Path) -> Result<(), String> {
    loop {
        let ended = program.ask(workspace, Ask::Recover);
        let ended = ended.map_err(|error| error.to_string())?;
        let Some(Report::Success(Done::Recovered {
            repaired, removed, ..
        })) = ended.report
        else {
            return Err(format!("recovery fails: {}", ended.said));
        };
        if repaired.is_empty() && removed.is_empty() {
            return Ok(());
        }
    }
}

fn name(random: &mut Random) -> String {
    format!("Name{}", random.below(NAMES))
}

/// Recovers, then checks that nothing is lost, doubled, crossed or half made.
fn settled(program: &Program, workspace: &Path, made: &Made) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let before = Tree::read(workspace).map_err(text)?;
    if let Some(half) = before.folders().find(|name| !before.is_whole(name)) {
        return Err(format!("{half} is half made"));
    }
    make_old(workspace, &before).map_err(text)?;
    recover_all(program, workspace)?;
    let tree = Tree::read(workspace).map_err(text)?;
    if let Some(left) = tree.hidden().first() {
        return Err(format!("recovery leaves {left}"));
    }
    for number in 0..OWNED {
        let (mark, own) = (format!("\"mark-{number}-\""), format!("own-{number}-"));
        if (tree.count(&mark), tree.count(&own)) != (1, 1) {
            return Err(format!(
                "mark {number} is there {} times",
                tree.count(&mark)
            ));
        }
    }
    let mut folders = 0;
    for name in tree.folders() {
        folders += 1;
        let config = tree.config(name).unwrap_or_default();
        if config["project_name"] != name {
            return Err(format!("{name} says {}", config["project_name"]));
        }
        let own =
            fs::read_to_string(workspace.join(name).join("2_rig/mark.txt")).unwrap_or_default();
        let mark = config["mark"]
            .as_str()
            .unwrap_or_default()
            .replace("mark", "own");
        if own != mark {
            return Err(format!("{name} has another's configuration"));
        }
    }
    let (least, most) = (OWNED + made.least, OWNED + made.most);
    match (least..=most).contains(&(folders + made.taken)) {
        true => Ok(()),
        false => Err(format!(
            "{folders} projects and {} taken away, not {least} to {most}",
            made.taken
        )),
    }
}

/// Both servers list what is on the disk, at the latest a second later.
fn agree(one: &Mutex<Server>, two: &Mutex<Server>, workspace: &Path) -> Result<(), String> {
    let listed = |server: &Mutex<Server>| -> BTreeSet<String> {
        let address = server
            .lock()
            .map(|server| server.address.clone())
            .unwrap_or_default();
        let list = crate::server::get(&address, "/api/projects/list").unwrap_or_default();
        let names = list["projects"].as_array().cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let tree = Tree::read(workspace).map_err(|error| error.to_string())?;
    let disk: BTreeSet<String> = tree.folders().map(str::to_owned).collect();
    let end = Instant::now() + Duration::from_secs(1);
    loop {
        let lists = (listed(one), listed(two));
        if lists.0 == disk && lists.1 == disk && !disk.is_empty() {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("the lists differ: {lists:?}, on the disk {disk:?}"));
        }
    }
}
