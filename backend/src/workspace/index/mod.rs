//! The index: what is in a workspace, in memory. It follows the changes of this program, what the
//! operating system reports, and comparisons with the disk; the disk stays the truth.

mod contents;
mod counter;
mod disk;
mod entries;
mod gate;
mod journal;
mod look;
mod moment;
mod notifier;
mod queue;
mod state;
mod viewed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use podslate_shared::Error;
use podslate_shared::api::Sort;
use podslate_shared::layout::CONFIG_FOLDER;
use tokio::sync::{Notify, watch};

use crate::lock::lock;
use contents::Contents;
use disk::{Changes, Disk};
pub use entries::{Entry, Key, Kind, Project, Start};
use gate::Gate;
pub use journal::Step;
pub use moment::Moment;
use queue::Queue;
pub use state::State;
use viewed::Viewed;

/// Least number of entries that a thread looks at where no others run.
const MIN_LOOKS: usize = 64;
/// Age of the last comparison above which the absence of reports proves nothing: the folder may have
/// been replaced by another.
const QUIET_AGE: Duration = Duration::from_millis(1_900);
/// Number of threads for the first look at many entries, where no others run.
const LOOKERS: usize = 8;
/// Least time between two counts of a project that keeps changing.
const COUNT_PAUSE: Duration = Duration::from_millis(300);
const MAX_COUNT_PAUSE: Duration = Duration::from_secs(60);
/// Part of the time that counting a changing project may take: a tenth.
const COUNT_SHARE: u32 = 10;

/// The index of a workspace.
#[derive(Debug)]
pub struct Index {
    root: PathBuf,
    disk: Disk,
    state: Mutex<State>,
    /// Tells that `state` has changed.
    changed: Condvar,
    revision: watch::Sender<u64>,
    gate: Gate,
    queue: Queue,
    is_started: AtomicBool,
    viewers: AtomicUsize,
    /// Projects with an interrupted change that was found at the first count.
    interrupted: Mutex<BTreeSet<Arc<str>>>,
    found_interrupted: Notify,
}

impl Index {
    /// An index that knows nothing yet. Without [`Index::start`] it reads the disk when it is asked.
    pub fn new(root: &Path, is_notified: bool) -> Self {
        Self {
            root: root.to_owned(),
            disk: Disk::new(root, is_notified),
            state: Mutex::default(),
            changed: Condvar::new(),
            revision: watch::Sender::new(0),
            gate: Gate::default(),
            queue: Queue::default(),
            is_started: AtomicBool::new(false),
            viewers: AtomicUsize::new(0),
            interrupted: Mutex::default(),
            found_interrupted: Notify::new(),
        }
    }

    /// Why changes by other programs are not reported; `None` if they are.
    pub fn unnotified(&self) -> Option<&str> {
        self.disk.notifier().err()
    }

    /// Why the workspace could not be used at the last comparison, and lets the next one begin.
    pub fn problem(&self) -> Option<Error> {
        self.confirm(Duration::ZERO, false)
            .err()
            .or_else(|| self.gate.problem())
    }

    /// What is known, for reading.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Receives the revision of the list whenever it changes.
    pub fn revisions(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Makes the names current; returns whether that was possible in time. Whoever may wait for the
    /// disk (`may_wait`) reads reports without the detour through another thread.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn confirm(&self, patience: Duration, may_wait: bool) -> Result<bool, Error> {
        let confirmed = self.state().confirmed;
        let is_recent = confirmed.is_some_and(|at| at.instant.elapsed() < QUIET_AGE);
        if is_recent && self.disk.is_quiet() && self.gate.is_idle() {
            // Nothing reports that a volume is gone, and no change may be made below it.
            let checked = match may_wait {
                true => self.disk.check_volume(&self.root),
                false => Ok(()),
            };
            return checked.map(|()| true);
        }
        let may_run = may_wait && self.disk.notifier().is_ok();
        self.gate.pass(patience, may_run, &|| self.compare())
    }

    /// Waits until every folder has been looked into; returns whether that was possible in time.
    pub fn settle(&self, patience: Duration) -> bool {
        if !self.is_started.load(Ordering::SeqCst) {
            self.look_at_all();
        }
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while !state.is_read || state.entries.unknown_count() > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Notes that this program has created a project.
    pub fn created(&self, name: &str) {
        self.disk.changed_by_us(&self.root);
        let Ok(folder) = podslate_disk::metadata_in(&self.root, name) else {
            return self.refresh(name);
        };
        let modified = folder.modified().ok();
        let project = Project {
            created: folder.created().ok(),
            modified,
            has_config: true,
            is_mounted: false,
            contents: Some(Arc::new(Contents::of_new(modified))),
        };
        let entry = Entry {
            id: self.disk.has_ids().then(|| (&folder).into()),
            kind: Kind::Project(project),
            checked: Some(Moment::now()),
        };
        self.change(|state| state.set(name, Some(entry)));
    }

    /// Notes that this program has renamed a project.
    pub fn renamed(&self, old: &str, new: &str) {
        // Where the case of names does not matter, the old one may still be found on the disk.
        self.change(|state| {
            state.journal.announce_move(old, new);
            state.set(old, None)
        });
        if let Ok(notifier) = self.disk.notifier() {
            notifier.unwatch(old);
        }
        self.touched(new);
    }

    /// Notes that this program has changed something in a project.
    pub fn touched(&self, name: &str) {
        self.disk.changed_by_us(&self.root);
        self.refresh(name);
        self.count_again(name);
    }

    /// Notes that somebody looks at these projects.
    pub fn viewed<'a>(&self, names: impl Iterator<Item = &'a str>) {
        let mut state = self.state();
        state.viewed.note_list();
        let is_notified = self.disk.notifier().is_ok();
        for name in names.take(Viewed::MAX_PER_LIST) {
            let is_new = state.viewed.note(name);
            let project = state.entries.project(name);
            let is_counted = project.is_some_and(|project| project.contents.is_some());
            // What changes in a project is reported only from the next count on.
            if is_new && is_notified {
                self.queue.count(name, Instant::now());
            } else if !is_counted {
                self.queue.count_first(name);
            }
        }
        let evicted = state.viewed.evict();
        drop(state);
        if let Ok(notifier) = self.disk.notifier() {
            evicted.iter().for_each(|name| notifier.unwatch(name));
        }
    }

    /// Waits until projects with interrupted changes have been found.
    pub async fn found_interrupted(&self) {
        self.found_interrupted.notified().await;
    }

    /// Projects with interrupted changes: those found since the last call, or `all`.
    pub fn take_interrupted(&self, all: bool) -> BTreeSet<Arc<str>> {
        let mut names = std::mem::take(&mut *lock(&self.interrupted));
        if all {
            let state = self.state();
            let projects = state.entries.ordered(Sort::Name, &Start::Offset(0));
            let is_interrupted = |project: &Project| {
                project
                    .contents
                    .as_ref()
                    .is_some_and(|it| it.is_interrupted())
            };
            let interrupted = projects.filter(|(_, _, project)| is_interrupted(project));
            names.extend(interrupted.map(|(key, ..)| Arc::from(key.name())));
        }
        names
    }

    fn note_interrupted(&self, name: &Arc<str>) {
        lock(&self.interrupted).insert(Arc::clone(name));
        self.found_interrupted.notify_one();
    }

    /// Notes that somebody follows the list for as long as the result exists.
    pub fn follow(self: &Arc<Self>) -> Viewer {
        self.viewers.fetch_add(1, Ordering::SeqCst);
        Viewer(Arc::clone(self))
    }

    fn is_viewed(&self) -> bool {
        self.viewers.load(Ordering::SeqCst) > 0 || self.state().viewed.is_recent()
    }

    /// Compares the names with the disk.
    fn compare(&self) -> Result<(), Error> {
        let now = Moment::now();
        let Changes {
            reports,
            is_unknown,
        } = self.disk.changes(&self.root)?;
        if is_unknown {
            self.read_names()?;
        }
        for name in &reports.entries {
            self.refresh(name);
        }
        for name in &reports.contents {
            self.contents_changed(name);
        }
        if reports.is_incomplete {
            let viewed: Vec<_> = self.state().viewed.names().cloned().collect();
            viewed.iter().for_each(|name| self.count_again(name));
        }
        self.state().confirmed = Some(now);
        Ok(())
    }

    fn read_names(&self) -> Result<(), Error> {
        self.state().begin_reading();
        let (names, result) = match disk::read_names(&self.root, self.disk.has_ids()) {
            Ok(names) => (Some(names), Ok(())),
            Err(error) => {
                self.disk.forget();
                (None, Err(error))
            }
        };
        let mut unread = Vec::new();
        self.change(|state| unread = state.end_reading(names));
        // Otherwise whoever needs to know what the entries are looks at them.
        if self.is_started.load(Ordering::SeqCst) {
            self.queue.look(unread);
        }
        result
    }

    fn look_at_all(&self) {
        let unknown = self.state().unknown();
        let part = unknown.len().div_ceil(LOOKERS).max(MIN_LOOKS);
        std::thread::scope(|scope| {
            for part in unknown.chunks(part) {
                scope.spawn(|| self.refresh_all(part));
            }
        });
    }

    fn refresh_all(&self, names: &[Arc<str>]) {
        names.iter().for_each(|name| self.refresh(name));
    }

    /// Looks at an entry.
    fn refresh(&self, name: &str) {
        let Ok(entry) = look::entry(&self.root, name, self.disk.has_ids()) else {
            return self.change(|state| state.set_unreadable(name));
        };
        if let Ok(notifier) = self.disk.notifier() {
            match entry.as_ref().map(|entry| &entry.kind) {
                // It becomes a project when a part of the layout appears in it.
                Some(Kind::Folder) => {
                    let folder = self.root.join(name);
                    notifier.watch(&folder, name);
                    notifier.watch(&folder.join(CONFIG_FOLDER), name);
                }
                Some(_) => {}
                None => notifier.unwatch(name),
            }
        }
        self.change(|state| {
            if entry.is_none() {
                state.viewed.remove(name);
            }
            state.set(name, entry);
        });
    }

    fn contents_changed(&self, name: &str) {
        let is_project = self.state().entries.project(name).is_some();
        if is_project {
            self.count_again(name);
        } else {
            self.refresh(name);
        }
    }

    /// Counts a project soon, but not all the time.
    fn count_again(&self, name: &str) {
        let contents = self
            .state()
            .entries
            .project(name)
            .and_then(|it| it.contents.clone());
        let pause = |took: Duration| (took * COUNT_SHARE).clamp(COUNT_PAUSE, MAX_COUNT_PAUSE);
        let due = contents.map(|it| it.counted + pause(it.took));
        let now = Instant::now();
        self.queue.count(name, due.unwrap_or(now).max(now));
    }

    /// Changes what is known, and tells those who follow the list.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        let revision = state.journal.revision();
        self.changed.notify_all();
        drop(state);
        self.revision.send_if_modified(|last| {
            let is_new = revision > *last;
            *last = revision.max(*last);
            is_new
        });
        result
    }
}

/// Somebody who follows the list.
#[derive(Debug)]
pub struct Viewer(Arc<Index>);

impl Drop for Viewer {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Ordering::SeqCst);
    }
}
