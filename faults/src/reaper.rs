//! People and writers that come back to an unfinished project while recovery takes it away.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;

use crate::item::Item;
use crate::place;
use crate::program::{Ask, Program};
use crate::random::Random;
use crate::tree::{Tree, make_old};

/// Unfinished projects at a time.
const BATCH: usize = 100;
/// The most time between two who come: together they take about as long as recovery.
const PAUSE: Duration = Duration::from_millis(1);
/// So many batches without a race show that there can be none.
const MOST_IDLE: usize = 20;

/// Lets recovery and somebody else get hold of the same unfinished project, until so many of those
/// got something into it: everything of theirs is still there afterwards, and no project is visible
/// that is not whole.
pub fn races(programs: &[&Program], races: usize) -> Item {
    let seed = Random::seed();
    let mut item = Item::new("comings back to what recovery takes");
    let (mut number, mut idle, mut is_race) = (0, 0, false);
    while (item.tried() < races || !is_race) && idle < MOST_IDLE {
        let before = item.tried();
        let program = programs[number % programs.len()];
        if let Err(error) = batch(&mut item, program, seed + number as u64) {
            return item.fail(&error);
        }
        // All before recovery, or all after it, is none: the machine has much else to do.
        let is_mixed = (1..BATCH).contains(&(item.tried() - before));
        is_race |= is_mixed;
        idle = if is_mixed { 0 } else { idle + 1 };
        number += 1;
    }
    let late = number * BATCH - item.tried();
    let note = format!("{late} came too late, seed {seed}");
    match item.tried() < races || !is_race {
        true => item.fail("all came before recovery or after it"),
        false => item.note(&note),
    }
}

fn batch(item: &mut Item, program: &Program, seed: u64) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let folder = place::in_memory().map_err(text)?;
    let mut tree = Tree::default();
    for number in 0..BATCH {
        let name =
            ProjectName::parse(&format!("Name{number}")).map_err(|error| error.to_string())?;
        tree.project(&staging(number), &name);
    }
    tree.write(folder.path()).map_err(text)?;
    let (recovered, got) = thread::scope(|scope| {
        let people = scope.spawn(|| visit(folder.path(), &mut Random::new(seed)));
        let recovered = program.ask(folder.path(), Ask::Recover);
        (recovered, people.join())
    });
    let got = got.map_err(|_| "a thread panicked")?;
    let recovered = recovered.map_err(text)?;
    if recovered.exit != Some(0) {
        return Err(format!("recovery fails: {}", recovered.said));
    }
    let check = |tree: &Tree| -> Vec<Result<bool, String>> {
        got.iter().map(|visit| visit.is_kept(tree)).collect()
    };
    let first = check(&Tree::read(folder.path()).map_err(text)?);
    // What is left is old by now: another recovery must not take it, either.
    make_old(folder.path(), &Tree::read(folder.path()).map_err(text)?).map_err(text)?;
    program.ask(folder.path(), Ask::Recover).map_err(text)?;
    let second = check(&Tree::read(folder.path()).map_err(text)?);
    let both = first.into_iter().zip(second);
    both.for_each(|(first, second)| item.count(first.and(second)));
    Ok(())
}

/// Something that somebody got done with an unfinished project.
enum Visit {
    /// A file with this text was saved in it.
    Saved(String),
    /// It was published under this name by the writer that made it.
    Published(String),
}

impl Visit {
    fn is_kept(&self, tree: &Tree) -> Result<bool, String> {
        match self {
            Self::Saved(text) if tree.count(text) == 1 => Ok(true),
            Self::Saved(text) => Err(format!("the file with {text} is gone")),
            Self::Published(name) if tree.is_whole(name) => Ok(true),
            Self::Published(name) => Err(format!("{name} was published and is not whole")),
        }
    }
}

/// Comes back to every unfinished project once, a little before recovery, after it, or in the
/// middle, because the order is another one; what was got done.
fn visit(workspace: &Path, random: &mut Random) -> Vec<Visit> {
    let mut order: Vec<usize> = (0..BATCH).collect();
    (1..BATCH).for_each(|place| order.swap(place, random.below(place + 1)));
    let visits = order.into_iter().filter_map(|number| {
        thread::sleep(PAUSE * random.below(100) as u32 / 100);
        let project = workspace.join(staging(number));
        let published = format!("Name{number}");
        match random.below(4) {
            0 => fs::rename(&project, workspace.join(&published))
                .ok()
                .map(|()| Visit::Published(published)),
            kind => save(&project, kind, number, random).map(Visit::Saved),
        }
    });
    visits.collect()
}

/// Saves a file of a person's own as programs do: at once, by a rename, or in a folder of its own.
fn save(project: &Path, kind: usize, number: usize, random: &mut Random) -> Option<String> {
    let text = format!("own-{number}-");
    let folders = CHARACTER.directories;
    let folder: PathBuf = project.join(folders[random.below(folders.len())]);
    let done = match kind {
        1 => fs::write(folder.join("mesh.obj"), &text),
        2 => {
            let beside = project.parent()?.join(format!("beside-{number}"));
            fs::write(&beside, &text).ok()?;
            let moved = fs::rename(&beside, folder.join("config.json"));
            let _ = fs::remove_file(&beside);
            moved
        }
        _ => {
            let own = folder.join("own");
            fs::create_dir(&own).and_then(|()| fs::write(own.join("mesh.obj"), &text))
        }
    };
    done.ok().map(|()| text)
}

fn staging(number: usize) -> String {
    format!(".podslate-tmp-{number:032x}")
}
