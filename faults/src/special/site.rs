//! A workspace with one entry that is not what its place suggests, and a folder beside it that
//! nothing may read or write.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, ensure};
use podslate_shared::layout::STAGES;
use tempfile::TempDir;
use testing::{Tree, memory_dir};

use crate::fixture::{symlink, system};
#[cfg(not(unix))]
use crate::outcome::Skipped;

/// Text outside the workspace, which no answer may contain.
const CANARY: &str = "canary-outside";
const CONFIG: &str = "Robot/pipeline/config.json";
const STALE: &str = ".podslate-tmp-00000000000000000000000000000000";

/// Kind of entry.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// Makes the entry at a place, given the folder outside the workspace.
    make: fn(&Path, &Path) -> Result<()>,
    is_immutable: bool,
}

pub const KINDS: [Kind; 9] = [
    kind("a pipe", |place, _| Ok(system("mkfifo", &[&text(place)])?)),
    kind("a socket", |place, _| socket(place)),
    kind("a device", |place, _| {
        Ok(system("mknod", &[&text(place), "c", "1", "5"])?)
    }),
    kind("a link to a file outside", |place, outside| {
        symlink(&outside.join("file"), place)
    }),
    kind("a link to a folder outside", |place, outside| {
        symlink(&outside.join("Robot"), place)
    }),
    kind("a link to itself", |place, _| symlink(place, place)),
    kind("a folder", |place, _| Ok(fs::create_dir(place)?)),
    kind("a file of 1 TiB", |place, _| {
        Ok(File::create(place)?.set_len(1 << 40)?)
    }),
    Kind {
        is_immutable: true,
        ..kind("an immutable file", |place, _| Ok(fs::write(place, "{}")?))
    },
];

const fn kind(name: &'static str, make: fn(&Path, &Path) -> Result<()>) -> Kind {
    Kind {
        name,
        make,
        is_immutable: false,
    }
}

/// Every place that a program opens.
pub fn places() -> Vec<String> {
    let fixed = ["Robot", "Robot/pipeline", CONFIG, STALE];
    let stages = STAGES.iter().map(|stage| format!("Robot/{}", stage.folder));
    let beside = format!("Robot/pipeline/{STALE}");
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed.chain([beside]).chain(stages).collect()
}

/// Workspace with the project `Robot` and a special entry.
pub struct Site {
    dir: TempDir,
    outside: Tree,
    /// Whether the file system notes when something was read.
    notes_reads: bool,
}

impl Site {
    pub fn new(kind: Kind, place: &str) -> Result<Self> {
        let dir = memory_dir()?;
        let outside = dir.path().join("outside");
        fs::create_dir_all(outside.join("Robot/pipeline"))?;
        for file in ["file", CONFIG] {
            let json = format!("{{\"project_name\": \"Other\", \"{CANARY}\": \"{CANARY}\"}}");
            fs::write(outside.join(file), json)?;
        }
        let mut project = Tree::default();
        project.project("Robot");
        let workspace = dir.path().join("workspace");
        fs::create_dir(&workspace)?;
        project.write(&workspace)?;
        let place: PathBuf = workspace.join(place);
        let _ = fs::remove_file(&place);
        let _ = fs::remove_dir_all(&place);
        (kind.make)(&place, &outside)?;
        // A staging name is looked at only if it is old; a link is aged itself.
        system("touch", &["-h", "-d", "2020-01-01", &text(&place)])?;
        // From here on, what is locked is unlocked again.
        let mut site = Self {
            dir,
            outside: Tree::default(),
            notes_reads: false,
        };
        site.forget_reads()?;
        site.outside = Tree::read(&outside)?;
        site.notes_reads = site.is_read()?;
        site.forget_reads()?;
        if kind.is_immutable {
            system("chattr", &["+i", &text(&place)])?;
        }
        Ok(site)
    }

    pub fn workspace(&self) -> PathBuf {
        self.dir.path().join("workspace")
    }

    /// File outside of the workspace for a log.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Checks that an output has nothing from outside the workspace, and that nothing there was read
    /// or changed.
    pub fn ensure_outside(&self, output: &str) -> Result<()> {
        ensure!(
            !output.contains(CANARY),
            "it shows what is outside: {output}"
        );
        ensure!(
            !(self.notes_reads && self.is_read()?),
            "it read what is outside"
        );
        let is_same = Tree::read(&self.outside())? == self.outside;
        ensure!(is_same, "it changed what is outside");
        self.forget_reads()
    }

    /// Makes every time of reading older than the last change, so that the next one is noted.
    fn forget_reads(&self) -> Result<()> {
        for path in self.readable() {
            let times = FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH);
            File::open(path)?.set_times(times)?;
        }
        Ok(())
    }

    fn is_read(&self) -> Result<bool> {
        for path in self.readable() {
            if fs::metadata(path)?.accessed()? != SystemTime::UNIX_EPOCH {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn readable(&self) -> [PathBuf; 5] {
        let outside = self.outside();
        let files = ["", "file", "Robot", "Robot/pipeline", CONFIG];
        files.map(|path| outside.join(path))
    }

    fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Only an immutable file needs it, wherever it was moved; without one it may not work.
        let _ = system("chattr", &["-R", "-f", "-i", &text(&self.workspace())]);
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn socket(place: &Path) -> Result<()> {
    Ok(std::os::unix::net::UnixListener::bind(place).map(drop)?)
}

#[cfg(not(unix))]
fn socket(_place: &Path) -> Result<()> {
    Err(Skipped("sockets in folders need Unix".to_owned()).into())
}

/// Answer that nobody should wait for, or get.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("it hung: {0}")]
    Hung(String),
    #[error("it aborted: {0}")]
    Aborted(String),
}
