//! Power cuts: a file system of its own that loses everything it has not put on its disk yet.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::environment::command_works;
use crate::item::Item;
use crate::program::{Ask, Program};
use crate::random::Random;
use crate::tree::Tree;

/// EXT4_IOC_SHUTDOWN without a flush: from then on nothing reaches the disk.
const CUT: &str = "import fcntl,os,struct,sys\n\
                   fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack('I',2))";
const SIZE: u64 = 64 << 20;

/// Cuts the power so many times while a program creates and renames projects.
pub fn cuts(program: &Program, count: usize) -> Item {
    let mut item = Item::new(&format!("{} without power", program.name()));
    let seed = Random::seed();
    let mut random = Random::new(seed);
    let mut acknowledged = 0;
    for _ in 0..count {
        match one(program, &mut random) {
            Ok(Cut::Judged(result)) => {
                acknowledged += result.as_ref().map_or(0, |changes| *changes);
                item.count(result.map(|_| true));
            }
            Ok(Cut::Impossible(reason)) => return item.skip(&reason),
            Err(error) => return item.fail(&error.to_string()),
        }
    }
    item.note(&format!("{acknowledged} acknowledged changes, seed {seed}"))
}

enum Cut {
    /// How many changes had been acknowledged, or what of them is gone.
    Judged(Result<usize, String>),
    Impossible(String),
}

/// The last name of each project that was acknowledged.
type Names = Mutex<Vec<String>>;

fn one(program: &Program, random: &mut Random) -> io::Result<Cut> {
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("image");
    let mount = folder.path().join("mount");
    fs::create_dir(&mount)?;
    fs::File::create(&image)?.set_len(SIZE)?;
    let (image, place) = (image.display().to_string(), mount.display().to_string());
    let attach = || {
        command_works("mkfs.ext4", &["-q", "-F", &image])?;
        command_works("mount", &["-o", "loop", &image, &place])
    };
    if let Err(reason) = attach() {
        return Ok(Cut::Impossible(reason));
    }
    let names = Names::default();
    let stop = AtomicBool::new(false);
    let cut = thread::scope(|scope| {
        scope.spawn(|| work(program, &mount, &names, &stop));
        // The moment itself is what varies.
        thread::sleep(Duration::from_micros(random.below(150_000) as u64));
        let cut = Command::new("python3")
            .args(["-c", CUT, &place])
            .stdin(Stdio::null())
            .output();
        stop.store(true, Ordering::SeqCst);
        cut
    });
    let unmounted = command_works("umount", &[&place]);
    match cut {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default();
            return Ok(Cut::Impossible(format!(
                "this kernel does not shut ext4 down: {last}"
            )));
        }
        Err(error) => return Ok(Cut::Impossible(format!("python3: {error}"))),
    }
    unmounted
        .and_then(|()| command_works("mount", &["-o", "loop", &image, &place]))
        .map_err(io::Error::other)?;
    let result = judge(program, &mount, &names);
    command_works("umount", &[&place]).map_err(io::Error::other)?;
    Ok(Cut::Judged(result))
}

/// Creates a project and renames it, again and again.
fn work(program: &Program, workspace: &Path, names: &Names, stop: &AtomicBool) {
    let is_done = |ask: Ask<'_>| {
        let ended = program.ask(workspace, ask);
        ended.is_ok_and(|ended| ended.exit == Some(0))
    };
    for number in 0.. {
        let (name, new) = (format!("Made{number}"), format!("Renamed{number}"));
        if stop.load(Ordering::SeqCst) || !is_done(Ask::Create(&name)) {
            return;
        }
        names.lock().expect("no thread panicked").push(name.clone());
        if stop.load(Ordering::SeqCst) || !is_done(Ask::Rename(&name, &new)) {
            return;
        }
        if let Some(last) = names.lock().expect("no thread panicked").last_mut() {
            *last = new;
        }
    }
}

/// Every acknowledged project is there, says its name, and every other is whole as well.
fn judge(program: &Program, workspace: &Path, names: &Names) -> Result<usize, String> {
    let read = || Tree::read(workspace).map_err(|error| error.to_string());
    let after = read()?;
    let names = names.lock().map_err(|error| error.to_string())?;
    for name in names.iter() {
        // The last one may have been renamed without being told so.
        let renamed = name.replace("Made", "Renamed");
        let found = [name, &renamed]
            .into_iter()
            .find(|name| after.is_whole(name));
        let Some(found) = found else {
            return Err(format!("{name} was acknowledged and is gone"));
        };
        if found == name
            && after
                .config(name)
                .is_none_or(|config| config["project_name"] != **name)
        {
            return Err(format!("{name} was acknowledged and says another name"));
        }
    }
    let is_ours = |name: &&str| *name != "lost+found";
    if let Some(half) = after
        .folders()
        .filter(is_ours)
        .find(|name| !after.is_whole(name))
    {
        return Err(format!("{half} is half made"));
    }
    let ended = program
        .ask(workspace, Ask::Recover)
        .map_err(|error| error.to_string())?;
    let recovered = read()?;
    let is_right = |name: &str| recovered.config(name).unwrap_or_default()["project_name"] == name;
    match ended.exit == Some(0) && recovered.folders().filter(is_ours).all(is_right) {
        true => Ok(names.len()),
        false => Err(format!("recovery after the cut: {}", ended.said)),
    }
}
