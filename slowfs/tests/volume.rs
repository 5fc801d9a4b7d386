//! A volume behaves as the directory behind it, and as slowly as it is told.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use testing::{PATIENCE, SlowVolume, Tree, is_mounted, wait_until};

const LATENCY: Duration = Duration::from_millis(20);

/// Results of steps, as text.
#[derive(Default)]
struct Steps(Vec<String>);

impl Steps {
    fn done<E: Into<io::Error>>(&mut self, result: Result<(), E>) {
        self.text(result.map(|()| "done".to_owned()).map_err(Into::into));
    }

    fn text(&mut self, result: io::Result<String>) {
        let number = |error: io::Error| format!("{:?}", error.raw_os_error());
        self.0.push(result.unwrap_or_else(number));
    }
}

/// Changes a directory in every way and returns the result of each step.
fn change(dir: &Path) -> Vec<String> {
    let mut steps = Steps::default();
    change_entries(&mut steps, |name| dir.join(name));
    change_contents(&mut steps, |name| dir.join(name));
    steps.done(File::open(dir).and_then(|dir| dir.sync_all()));
    steps.0
}

fn change_entries(steps: &mut Steps, at: impl Fn(&str) -> PathBuf) {
    let rename = |old, new, flags| renameat_with(CWD, at(old), CWD, at(new), flags);
    steps.done(fs::create_dir_all(at("a/b/c")));
    steps.done(fs::create_dir(at("a")));
    steps.done(fs::write(at("a/file"), "one two three"));
    steps.done(File::create_new(at("a/file")).map(drop));
    steps.done(fs::hard_link(at("a/file"), at("a/b/link")));
    steps.done(symlink("file", at("a/symbolic")));
    steps.text(fs::read_link(at("a/symbolic")).map(|path| path.display().to_string()));
    steps.text(fs::read_to_string(at("a/symbolic")));
    steps.done(fs::rename(at("a/file"), at("a/renamed")));
    steps.text(fs::read_to_string(at("a/b/link")));
    steps.done(rename("a/renamed", "a/b/link", RenameFlags::NOREPLACE));
    steps.done(rename("a/renamed", "a/b/moved", RenameFlags::NOREPLACE));
    steps.done(fs::rename(at("a/b"), at("x")));
    steps.text(fs::read_to_string(at("x/moved")));
    steps.done(rename("x", "a", RenameFlags::EXCHANGE));
    steps.text(fs::read_to_string(at("a/moved")));
    steps.done(fs::remove_dir(at("a")));
    steps.done(fs::remove_dir(at("a/c")));
    steps.done(fs::remove_file(at("a/link")));
    steps.text(fs::read_to_string(at("a/link")));
    steps.done(fs::write(at(&"x".repeat(300)), ""));
}

fn change_contents(steps: &mut Steps, at: impl Fn(&str) -> PathBuf) {
    let open = |name| File::options().read(true).write(true).open(at(name));
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_234_567_890_123);
    steps.done(open("a/moved").and_then(|file| {
        file.write_all_at(b"TWO", 4)?;
        file.set_len(7)?;
        file.set_modified(time)?;
        file.sync_all()
    }));
    let permissions = fs::Permissions::from_mode(0o640);
    steps.done(fs::set_permissions(at("a/moved"), permissions));
    steps.done(fs::write(at("removed"), "still open"));
    steps.text(open("removed").and_then(|file| {
        fs::remove_file(at("removed"))?;
        file.set_len(5)?;
        let length = file.metadata()?.len();
        Ok(format!("{length} {}", io::read_to_string(file)?))
    }));
    steps.text(fs::read_to_string(at("removed")));
}

/// Everything about each entry of a directory that does not depend on when it was created.
fn attributes(dir: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, _) in Tree::read(dir).expect("a tree").entries() {
        let status = fs::symlink_metadata(dir.join(path)).expect("metadata");
        let is_dir = status.is_dir();
        let size = if is_dir { 0 } else { status.len() };
        let fixed = status.mtime() == 1_234_567_890 && status.mtime_nsec() == 123_000_000;
        let (mode, links) = (status.mode(), status.nlink());
        let owner = (status.uid(), status.gid());
        lines.push(format!("{path} {mode:o} {links} {size} {owner:?} {fixed}"));
    }
    lines
}

#[test]
fn every_change_has_the_outcome_that_it_has_without_the_volume() {
    for options in [SlowVolume::options(), SlowVolume::options().no_cache()] {
        let Some(volume) = options.start() else {
            return;
        };
        let plain = tempfile::tempdir().expect("a directory");
        let steps = change(plain.path());
        assert!(
            steps.iter().any(|step| step == "one two three"),
            "{steps:?}"
        );
        assert_eq!(change(volume.path()), steps);
        let tree = Tree::read(plain.path()).expect("a tree");
        assert!(tree.get("a/moved").is_some(), "{tree:?}");
        for dir in [volume.path(), volume.backing()] {
            Tree::read(dir).expect("a tree").assert_same(&tree);
            assert_eq!(attributes(dir), attributes(plain.path()));
        }
        let [seen, real] = [volume.path(), volume.backing()]
            .map(|dir| fs::metadata(dir.join("a/moved")).expect("metadata"));
        assert_eq!((seen.ino(), seen.mtime()), (real.ino(), real.mtime()));
        assert_eq!(seen.ctime_nsec(), real.ctime_nsec());
    }
}

#[test]
fn a_directory_of_thousands_is_listed_whole() {
    let Some(volume) = SlowVolume::start(Duration::ZERO) else {
        return;
    };
    for number in 0..3_000 {
        fs::create_dir(volume.backing().join(format!("Project{number}"))).expect("a directory");
    }
    assert_eq!(testing::names(volume.path()).expect("names").len(), 3_000);
    let number = fs::read_dir(volume.path()).expect("a directory");
    let dirs = number.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir()));
    assert_eq!(dirs.count(), 3_000);
}

/// The time of `count` operations one after the other.
fn time_lookups(volume: &SlowVolume, count: usize) -> Duration {
    let start = Instant::now();
    for number in 0..count {
        let missing = fs::metadata(volume.path().join(format!("missing{number}")));
        assert!(missing.is_err());
    }
    start.elapsed()
}

#[test]
fn each_operation_takes_the_latency_longer() {
    let Some(volume) = SlowVolume::start(Duration::ZERO) else {
        return;
    };
    let direct = time_lookups(&volume, 20);
    volume.latency(LATENCY);
    let slow = time_lookups(&volume, 20);
    assert!(slow >= LATENCY * 20, "{slow:?}");
    assert!(slow > direct * 3, "{slow:?} against {direct:?}");
    volume.latency(Duration::ZERO);
    assert!(time_lookups(&volume, 20) < slow / 3);
}

#[test]
fn operations_at_the_same_time_wait_at_the_same_time() {
    let Some(volume) = SlowVolume::start(LATENCY * 5) else {
        return;
    };
    let start = Instant::now();
    thread::scope(|scope| {
        for number in 0..32 {
            let path = volume.path().join(format!("dir{number}"));
            // A parent of its own, because the kernel lets one process at a time change a directory.
            fs::create_dir(volume.backing().join(format!("dir{number}"))).expect("a directory");
            scope.spawn(move || fs::create_dir(path.join("inner")).expect("a directory"));
        }
    });
    // Each has to look up both names and to create one.
    let elapsed = start.elapsed();
    assert!(elapsed >= LATENCY * 5 * 3, "{elapsed:?}");
    assert!(elapsed < LATENCY * 5 * 3 * 32 / 4, "{elapsed:?}");
}

#[test]
fn operations_are_counted() {
    let Some(volume) = SlowVolume::options().ttl(PATIENCE).start() else {
        return;
    };
    fs::metadata(volume.path()).expect("metadata, which the system keeps");
    let before = volume.operations();
    fs::create_dir(volume.path().join("dir")).expect("a directory");
    // It looks for the name and creates the directory.
    assert_eq!(volume.operations() - before, 2, "{}", volume.counts());
    fs::create_dir(volume.backing().join("other")).expect("a directory");
    assert_eq!(volume.operations() - before, 2, "{}", volume.counts());
    assert!(volume.counts().contains("mkdir 1"), "{}", volume.counts());
}

#[test]
fn what_the_system_keeps_costs_no_operation() {
    for (ttl, is_kept) in [(PATIENCE, true), (Duration::ZERO, false)] {
        let Some(volume) = SlowVolume::options().ttl(ttl).start() else {
            return;
        };
        fs::create_dir(volume.path().join("dir")).expect("a directory");
        fs::metadata(volume.path().join("dir")).expect("metadata");
        let before = volume.operations();
        for _ in 0..10 {
            fs::metadata(volume.path().join("dir")).expect("metadata");
        }
        let operations = volume.operations() - before;
        let expected = if is_kept { 0..1 } else { 10..100 };
        assert!(expected.contains(&operations), "{operations} for {ttl:?}");
    }
}

#[test]
fn a_volume_hangs_until_it_is_released() {
    let Some(volume) = SlowVolume::start(Duration::ZERO) else {
        return;
    };
    volume.hang();
    let before = volume.operations();
    let path = volume.path().join("dir");
    let user = thread::spawn(move || fs::create_dir(path));
    assert!(wait_until(PATIENCE, || volume.operations() > before));
    assert!(!wait_until(LATENCY * 5, || user.is_finished()));
    assert!(!volume.backing().join("dir").exists());
    volume.release();
    user.join().expect("a thread").expect("a directory");
    assert!(volume.backing().join("dir").exists());
}

#[test]
fn a_volume_fails_with_the_chosen_error_until_it_recovers() {
    let Some(volume) = SlowVolume::start(Duration::ZERO) else {
        return;
    };
    let error = |name: &str| {
        let created = fs::create_dir(volume.path().join(name));
        created.map_err(|error| error.raw_os_error())
    };
    for (name, number) in [("EIO", 5), ("ENOSPC", 28), ("ESTALE", 116)] {
        volume.fail(name);
        assert_eq!(error(name), Err(Some(number)));
    }
    volume.recover();
    assert_eq!(error("dir"), Ok(()));
    assert_eq!(testing::names(volume.backing()).expect("names"), ["dir"]);
}

/// Whether a change of a watched directory is notified.
fn is_notified(watched: &Path, change: impl FnOnce()) -> bool {
    let watcher = inotify::init(CreateFlags::NONBLOCK).expect("a watcher");
    inotify::add_watch(&watcher, watched, WatchFlags::CREATE).expect("a watch");
    change();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(&watcher, &mut buffer);
    let notified = reader.next();
    notified.is_ok_and(|event| event.events().contains(ReadFlags::CREATE))
}

#[test]
fn changes_of_another_machine_are_seen_but_not_notified() {
    let Some(volume) = SlowVolume::options().no_cache().start() else {
        return;
    };
    let create = |dir: &Path| fs::create_dir(dir).expect("a directory");
    assert!(is_notified(volume.path(), || create(
        &volume.path().join("here")
    )));
    let other = volume.backing().join("other");
    assert!(!is_notified(volume.path(), || create(&other)));
    assert!(volume.path().join("other").is_dir());
    fs::write(other.join("file"), "1").expect("a file");
    assert_eq!(
        fs::read(volume.path().join("other/file")).expect("a file"),
        b"1"
    );
    fs::rename(&other, volume.backing().join("moved")).expect("a rename");
    assert_eq!(
        fs::read(volume.path().join("moved/file")).expect("a file"),
        b"1"
    );
    assert!(!volume.path().join("other").exists());
    fs::remove_dir_all(volume.backing().join("moved")).expect("a removal");
    fs::write(volume.backing().join("moved"), "2").expect("a file");
    assert_eq!(fs::read(volume.path().join("moved")).expect("a file"), b"2");
}

#[test]
fn a_volume_is_unmounted_however_it_ends() {
    let signal = |volume: &SlowVolume, signal: &str| {
        let mut kill = Command::new("kill");
        kill.args([signal, &volume.process().to_string()]);
        assert!(kill.status().expect("kill runs").success());
    };
    for end in ["drop", "hang", "-TERM", "-KILL"] {
        let Some(volume) = SlowVolume::start(Duration::ZERO) else {
            return;
        };
        let path = volume.path().to_owned();
        assert!(is_mounted(&path));
        // Something uses the volume.
        let open = File::open(&path).expect("a directory");
        match end {
            "drop" => {}
            "hang" => {
                volume.hang();
                let (path, before) = (path.join("waits"), volume.operations());
                thread::spawn(move || fs::metadata(path));
                assert!(wait_until(PATIENCE, || volume.operations() > before));
            }
            "-TERM" => {
                signal(&volume, end);
                assert!(wait_until(PATIENCE, || !is_mounted(&path)), "{end}");
            }
            _ => signal(&volume, end),
        }
        drop(volume);
        assert!(!is_mounted(&path), "{end}");
        assert!(!path.exists(), "{end}");
        drop(open);
    }
}
