//! Walking through one project, and finding out later whether the walk is still true.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use podslate_shared::api::StageState;
use podslate_shared::layout::STAGES;

/// A file changed in place changes no folder, so after this time every file is looked at again.
const FILES_LAST: Duration = Duration::from_secs(10);
/// A folder that changed this recently may change again without a new time, because the clocks of
/// file systems are coarse.
const SETTLED: Duration = Duration::from_secs(1);

/// What a walk found.
#[derive(Debug)]
pub struct Walk {
    /// The pipeline's stages in their order.
    pub stages: Vec<StageState>,
    /// When a file or folder last changed.
    pub modified: Option<SystemTime>,
    folders: Vec<(PathBuf, Option<Stamp>)>,
    at: Instant,
    is_settled: bool,
}

/// What changes when a file or folder does: its time and, if another took its place, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    inode: u64,
}

impl Walk {
    /// Walks through the project in `folder`. What cannot be read counts as empty; links are not
    /// followed, and hidden entries not counted.
    pub fn through(folder: &Path) -> Self {
        let started = SystemTime::now();
        let mut walk = Self {
            stages: STAGES
                .map(|stage| StageState {
                    name: stage.folder.to_owned(),
                    files: 0,
                })
                .into(),
            modified: None,
            folders: Vec::new(),
            at: Instant::now(),
            is_settled: false,
        };
        for (name, path) in walk.look_into(folder.to_owned()).folders {
            let files = walk.count_files(path);
            if let Some(stage) = walk.stages.iter_mut().find(|stage| stage.name == name) {
                stage.files = files;
            }
        }
        let newest = walk.modified;
        walk.is_settled = newest.is_none_or(|newest| {
            started
                .duration_since(newest)
                .is_ok_and(|age| age > SETTLED)
        });
        walk
    }

    /// Whether every folder is as it was.
    pub fn is_current(&self) -> bool {
        self.is_settled
            && self
                .folders
                .iter()
                .all(|(path, stamp)| Stamp::of(path) == *stamp)
    }

    /// Whether files may have been changed in place for some time.
    pub fn is_old(&self) -> bool {
        self.at.elapsed() > FILES_LAST
    }

    fn count_files(&mut self, folder: PathBuf) -> u64 {
        let mut waiting = vec![folder];
        let mut files = 0;
        while let Some(folder) = waiting.pop() {
            let found = self.look_into(folder);
            files += found.files;
            waiting.extend(found.folders.into_iter().map(|(_, path)| path));
        }
        files
    }

    fn look_into(&mut self, folder: PathBuf) -> Found {
        // Before reading, so that a change meanwhile is noticed at the next look.
        let stamp = Stamp::of(&folder);
        self.modified = self.modified.max(stamp.and_then(|stamp| stamp.modified));
        let mut found = Found::default();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                found
                    .folders
                    .push((name.to_string_lossy().into_owned(), entry.path()));
            } else {
                found.files += 1;
                let modified = entry.metadata().and_then(|entry| entry.modified()).ok();
                self.modified = self.modified.max(modified);
            }
        }
        self.folders.push((folder, stamp));
        found
    }
}

impl Stamp {
    /// The stamp of an entry, or `None` if there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let entry = fs::symlink_metadata(path).ok()?;
        Some(Self {
            modified: entry.modified().ok(),
            size: if entry.is_dir() { 0 } else { entry.len() },
            inode: inode(&entry),
        })
    }
}

/// What is in a folder.
#[derive(Default)]
struct Found {
    files: u64,
    folders: Vec<(String, PathBuf)>,
}

#[cfg(unix)]
fn inode(entry: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(entry)
}

#[cfg(not(unix))]
fn inode(_entry: &Metadata) -> u64 {
    0
}
