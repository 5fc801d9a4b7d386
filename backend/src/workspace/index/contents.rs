//! What is in a project: its files, when they changed, and the state of its configuration.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use podslate_shared::is_junk;
use podslate_shared::layout::{CHARACTER, CONFIG_FOLDER, CONFIG_PATH, STAGES};

use crate::lock::lock;
use crate::workspace::project::{ConfigState, config_state};
use crate::workspace::stamp::Stamp;

/// Maximum number of entries that are looked at in one stage, and in all that is no stage.
const MAX_ENTRIES: u32 = 10_000;
/// Number of lists of folders that are kept to be shared.
const MAX_SHARED: usize = 16;
/// A folder that changed this recently may change again without a new time, because the clocks of
/// file systems are coarse.
const SETTLED: Duration = Duration::from_secs(2);

/// Start of the names that podslate gives to unfinished entries.
pub const LEFTOVER: &str = ".podslate-";

/// Contents of a project at a moment.
#[derive(Debug)]
pub struct Contents {
    /// Number of files in each stage.
    pub files: [u32; STAGES.len()],
    /// Stages that were not counted to their end.
    pub more: [bool; STAGES.len()],
    /// Time of the last change of a file or folder.
    pub modified: Option<SystemTime>,
    pub has_config: bool,
    pub config_state: ConfigState,
    /// Whether there is an unfinished entry beside the configuration.
    has_leftover: bool,
    /// Whether changes in all folders are reported.
    pub is_reported: bool,
    /// When they were counted, and how long that took.
    pub counted: Instant,
    pub took: Duration,
    /// Number of folders, with that of the project.
    pub folder_count: usize,
    has_stage: bool,
    folders: Folders,
    config: Option<Stamp>,
    digest: u64,
    is_settled: bool,
}

/// Folders of a project relative to it. Nearly all projects have those of the layout.
#[derive(Debug)]
enum Folders {
    Layout,
    Own(Arc<[Box<str>]>),
}

impl Contents {
    /// Contents of a project that has just been created.
    pub fn of_new(modified: Option<SystemTime>) -> Self {
        Self {
            files: [0; STAGES.len()],
            more: [false; STAGES.len()],
            modified,
            has_config: true,
            config_state: ConfigState::default(),
            has_leftover: false,
            is_reported: false,
            counted: Instant::now(),
            took: Duration::ZERO,
            folder_count: CHARACTER.directories.len() + 1,
            has_stage: true,
            folders: Folders::Layout,
            config: None,
            digest: 0,
            is_settled: false,
        }
    }

    /// Whether there is a part of the layout.
    pub fn is_project(&self) -> bool {
        self.has_config || self.has_stage
    }

    /// Whether a change of the configuration was interrupted, as far as that can be seen.
    pub fn is_interrupted(&self) -> bool {
        self.has_leftover || self.config_state.has_other_name
    }

    /// About how many system calls counting them takes.
    pub fn calls(&self) -> usize {
        let files: u32 = self.files.iter().sum();
        // Each folder is opened, read twice, looked at and closed.
        self.folder_count * 5 + files as usize
    }

    /// Whether the list shows the same for both.
    pub fn looks_like(&self, other: &Self) -> bool {
        let key = |it: &Self| {
            (
                it.files,
                it.more,
                it.modified,
                it.has_config,
                it.config_state,
            )
        };
        key(self) == key(other)
    }

    /// Whether no folder of the project, and not its configuration, has changed since.
    pub fn is_current(&self, project: &Path) -> bool {
        if !self.is_settled || Stamp::of(&project.join(CONFIG_PATH)) != self.config {
            return false;
        }
        let mut digest = Digest::default();
        match &self.folders {
            Folders::Layout => {
                digest.add(project, "");
                layout().for_each(|folder| digest.add(project, folder));
            }
            Folders::Own(folders) => folders.iter().for_each(|it| digest.add(project, it)),
        }
        digest.0.finish() == self.digest
    }
}

/// Counts the contents of the project in the folder `project`; `None` if it is gone. `on_folder` is
/// called with each folder before it is read. What cannot be read counts as empty; links are not
/// followed, and hidden entries not counted.
pub fn count(
    project: &Path,
    known: Option<&Contents>,
    on_folder: &mut dyn FnMut(&Path),
) -> Option<Contents> {
    let begun = Instant::now();
    let now = SystemTime::now();
    let config = Stamp::of(&project.join(CONFIG_PATH));
    let same = known.filter(|known| known.config == config && config.is_some());
    let config_state = same.map_or_else(|| config_state(project), |known| known.config_state);
    let mut walk = Walk::new(project, on_folder);
    walk.top()?;
    let Walk {
        files,
        more,
        modified,
        folders,
        newest_folder,
        has_leftover,
        ..
    } = walk;
    let (folder_count, has_stage) = (folders.len(), has_stage(&folders));
    let (folders, digest) = summarize(folders);
    let is_settled = newest_folder.is_none_or(|newest| {
        let age = now
            .duration_since(newest)
            .unwrap_or_else(|future| future.duration());
        age > SETTLED
    });
    Some(Contents {
        files,
        more,
        modified,
        has_config: config.is_some(),
        config_state,
        has_leftover,
        is_reported: false,
        counted: begun,
        took: begun.elapsed(),
        folder_count,
        has_stage,
        folders,
        config,
        digest,
        is_settled,
    })
}

fn has_stage(folders: &[(Box<str>, Option<Stamp>)]) -> bool {
    let is_stage = |path: &str| STAGES.iter().any(|stage| stage.folder == path);
    folders.iter().any(|(path, _)| is_stage(path))
}

/// The folders in the order of their names, and the hash of their stamps.
fn summarize(mut folders: Vec<(Box<str>, Option<Stamp>)>) -> (Folders, u64) {
    folders.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let mut digest = Digest::default();
    for (path, stamp) in &folders {
        digest.add_stamp(path, *stamp);
    }
    let paths = folders.iter().map(|(path, _)| &**path);
    let is_layout = paths.eq([""].into_iter().chain(layout()));
    let own = || shared(folders.iter().map(|(path, _)| path.clone()).collect());
    let list = if is_layout {
        Folders::Layout
    } else {
        Folders::Own(own())
    };
    (list, digest.0.finish())
}

/// The list itself, or the same one of another project: many have the same folders.
fn shared(folders: Arc<[Box<str>]>) -> Arc<[Box<str>]> {
    static LAST: Mutex<VecDeque<Arc<[Box<str>]>>> = Mutex::new(VecDeque::new());
    let mut last = lock(&LAST);
    if let Some(same) = last.iter().find(|other| **other == folders) {
        return Arc::clone(same);
    }
    if last.len() == MAX_SHARED {
        last.pop_front();
    }
    last.push_back(Arc::clone(&folders));
    folders
}

/// Folders of the layout in the order of their names.
fn layout() -> impl Iterator<Item = &'static str> {
    static SORTED: std::sync::LazyLock<Vec<&str>> = std::sync::LazyLock::new(|| {
        let mut folders = CHARACTER.directories.to_vec();
        folders.sort_unstable();
        folders
    });
    SORTED.iter().copied()
}

/// Hash of the stamps of folders.
#[derive(Default)]
struct Digest(DefaultHasher);

impl Digest {
    fn add(&mut self, project: &Path, folder: &str) {
        self.add_stamp(folder, Stamp::of(&project.join(folder)));
    }

    fn add_stamp(&mut self, folder: &str, stamp: Option<Stamp>) {
        (folder, stamp).hash(&mut self.0);
    }
}

/// A walk through a project.
struct Walk<'w> {
    project: &'w Path,
    on_folder: &'w mut dyn FnMut(&Path),
    files: [u32; STAGES.len()],
    more: [bool; STAGES.len()],
    modified: Option<SystemTime>,
    newest_folder: Option<SystemTime>,
    folders: Vec<(Box<str>, Option<Stamp>)>,
    /// Whether entries of the current stage were left out.
    is_cut: bool,
    /// Whether there is an unfinished entry beside the configuration.
    has_leftover: bool,
}

impl<'w> Walk<'w> {
    fn new(project: &'w Path, on_folder: &'w mut dyn FnMut(&Path)) -> Self {
        Self {
            project,
            on_folder,
            files: [0; STAGES.len()],
            more: [false; STAGES.len()],
            modified: None,
            newest_folder: None,
            folders: Vec::new(),
            is_cut: false,
            has_leftover: false,
        }
    }

    /// Walks through the project; `None` if it does not exist.
    fn top(&mut self) -> Option<()> {
        Stamp::of(self.project)?;
        let mut rest = MAX_ENTRIES;
        for folder in self.read(String::new(), &mut rest).folders {
            let stage = STAGES.iter().position(|stage| stage.folder == folder);
            let mut left = MAX_ENTRIES;
            let budget = if stage.is_some() {
                &mut left
            } else {
                &mut rest
            };
            self.is_cut = false;
            let files = self.count_files(folder, budget);
            if let Some(stage) = stage {
                self.files[stage] = files;
                self.more[stage] = self.is_cut;
            }
        }
        Some(())
    }

    fn count_files(&mut self, folder: String, budget: &mut u32) -> u32 {
        let mut waiting = vec![folder];
        let mut files = 0;
        while let Some(folder) = waiting.pop() {
            let found = self.read(folder, budget);
            files += found.files;
            waiting.extend(found.folders);
        }
        files
    }

    fn read(&mut self, folder: String, budget: &mut u32) -> Found {
        let mut found = Found::default();
        if *budget == 0 {
            self.is_cut = true;
            return found;
        }
        let path = self.project.join(&folder);
        (self.on_folder)(&path);
        // Before reading, so that a change meanwhile is noticed the next time.
        let stamp = Stamp::of(&path);
        let modified = stamp.and_then(|stamp| stamp.modified);
        self.modified = self.modified.max(modified);
        self.newest_folder = self.newest_folder.max(modified);
        let Ok(mut entries) = podslate_disk::entries(&path) else {
            self.folders.push((folder.into(), stamp));
            return found;
        };
        while let Some(entry) = entries.next() {
            let Ok(entry) = entry else { continue };
            let name = entry.name();
            if name.as_encoded_bytes().starts_with(b".") {
                self.has_leftover |= folder == CONFIG_FOLDER
                    && name.as_encoded_bytes().starts_with(LEFTOVER.as_bytes());
                continue;
            }
            let name = name.to_string_lossy();
            if is_junk(&name) {
                continue;
            }
            if *budget == 0 {
                self.is_cut = true;
                break;
            }
            *budget -= 1;
            if entry.is_folder() {
                let is_top = folder.is_empty();
                let path = if is_top {
                    name.into_owned()
                } else {
                    format!("{folder}/{name}")
                };
                found.folders.push(path);
            } else {
                found.files += 1;
                self.modified = self.modified.max(entries.modified(&entry));
            }
        }
        self.folders.push((folder.into(), stamp));
        found
    }
}

/// What is in a folder.
#[derive(Default)]
struct Found {
    files: u32,
    folders: Vec<String>,
}
