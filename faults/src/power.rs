//! Power cuts: a file system that loses everything it has not written to its disk yet.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use fastrand::Rng;
use testing::Tree;

use crate::fixture::Disk;
use crate::outcome::{Outcome, Skipped};
use crate::program::{Operation, Program};

/// `EXT4_IOC_SHUTDOWN` without a flush: nothing reaches the disk afterwards.
const CUT: &str = "import fcntl,os,struct,sys\n\
                   fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack('I',2))";
/// Maximum number of entries on the file system.
const ENTRIES: usize = 10_000;

/// Cuts the power `count` times while a program creates and renames projects.
pub fn cuts(program: &Program, count: usize) -> Outcome {
    Outcome::of(format!("{} without power", program.name()), |outcome| {
        let seed = fastrand::u64(..);
        let mut rng = Rng::with_seed(seed);
        let mut acknowledged = 0;
        for _ in 0..count {
            let (disk, names) = cut(program, &mut rng)?;
            let mount = disk.mount().map_err(|error| anyhow!("{error}"))?;
            acknowledged += names.len();
            outcome.count(judge(program, mount.path(), &names));
        }
        outcome.note(format!("{acknowledged} acknowledged changes, seed {seed}"));
        Ok(())
    })
}

/// A disk after a cut, and the last acknowledged name of each project on it.
fn cut(program: &Program, rng: &mut Rng) -> Result<(Disk, Vec<String>)> {
    let disk = Disk::new(ENTRIES)?;
    let mount = disk.mount()?;
    let (names, is_over) = (Mutex::default(), AtomicBool::new(false));
    let output = thread::scope(|scope| {
        scope.spawn(|| work(program, mount.path(), &names, &is_over));
        // The moment of the cut is what varies.
        thread::sleep(Duration::from_micros(rng.u64(..150_000)));
        let mut python = Command::new("python3");
        let cut = python
            .args(["-c", CUT])
            .arg(mount.path())
            .stdin(Stdio::null());
        let output = cut.output();
        is_over.store(true, Ordering::SeqCst);
        output
    });
    let output = output.map_err(|error| Skipped(format!("python3: {error}")))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr.lines().last().unwrap_or_default();
        return Err(Skipped(format!("this kernel does not shut ext4 down: {last}")).into());
    }
    Ok((disk, names.into_inner()?))
}

/// Creates a project and renames it, again and again.
fn work(program: &Program, workspace: &Path, names: &Mutex<Vec<String>>, is_over: &AtomicBool) {
    let is_done = |operation: Operation<'_>| {
        !is_over.load(Ordering::SeqCst) && program.succeed(workspace, operation).is_ok()
    };
    let names = || names.lock().expect("no thread panicked");
    for number in 0.. {
        let (name, new) = (format!("Made{number}"), format!("Renamed{number}"));
        if !is_done(Operation::Create(&name)) {
            return;
        }
        names().push(name.clone());
        if !is_done(Operation::Rename(&name, &new)) {
            return;
        }
        names()[number] = new;
    }
}

/// Every acknowledged project is there with its name, and every other one is complete, too.
fn judge(program: &Program, workspace: &Path, names: &[String]) -> Result<()> {
    let after = Tree::read(workspace)?;
    let has_name = |tree: &Tree, name: &str| {
        let config = tree.config(name);
        config.is_some_and(|config| config["project_name"] == name)
    };
    for name in names {
        let is_there = if after.is_complete(name) {
            has_name(&after, name)
        } else {
            // The last one may have been renamed without an acknowledgment.
            after.is_complete(&name.replace("Made", "Renamed"))
        };
        ensure!(
            is_there,
            "{name} was acknowledged and is gone or has another name"
        );
    }
    let is_ours = |name: &&str| *name != "lost+found";
    let half = after
        .projects()
        .filter(is_ours)
        .find(|name| !after.is_complete(name));
    ensure!(half.is_none(), "{half:?} is half-made");
    let exit = program
        .succeed(workspace, Operation::Recover)
        .context("recovery after the cut")?;
    let recovered = Tree::read(workspace)?;
    let mut projects = recovered.projects().filter(is_ours);
    exit.ensure(projects.all(|name| has_name(&recovered, name)))
}
