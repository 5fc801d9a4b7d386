//! The threads of the index: one compares the names, some count what is looked at, and one compares
//! what nobody reports, within a budget.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::entries::{Key, Kind};
use super::queue::Job;
use super::{Index, Moment, contents};

/// Number of threads that count. They wait for the disk more than they compute.
const COUNTERS: usize = 8;
/// Longest time between two comparisons of the names while somebody looks at the list.
const NAMES_INTERVAL: Duration = Duration::from_millis(1_500);
/// Time between two comparisons of the names while nobody does.
const IDLE_INTERVAL: Duration = Duration::from_secs(600);
/// Age of a project's contents at which they are compared with the disk again: of one that somebody
/// looks at, and of the others.
const VIEWED_AGE: Duration = Duration::from_millis(700);
const FOLDERS_AGE: Duration = Duration::from_secs(3);
const OTHERS_AGE: Duration = Duration::from_secs(30);
/// Age at which files are counted again even if no folder has changed, because a file that is
/// changed in place changes no folder.
const RECOUNT_AGE: Duration = Duration::from_secs(60);
/// Number of projects to search for one that is due.
const MAX_SEARCHED: usize = 2_000;
/// Time per system call above which a disk counts as slow.
const SLOW: Duration = Duration::from_micros(100);
/// System calls per second on a slow disk, in the background.
const SLOW_RATE: f64 = 14.0;
/// Part of the time that the background uses a fast disk.
const FAST_SHARE: f64 = 0.05;

impl Index {
    /// Starts the threads, which end with [`Index::stop`].
    ///
    /// # Errors
    /// The system allows no more threads.
    pub fn start(self: &Arc<Self>) -> std::io::Result<()> {
        self.is_started.store(true, Ordering::SeqCst);
        self.spawn("names", Self::serve_names)?;
        if self.disk.notifier().is_ok() {
            self.spawn("notifications", Self::follow_reports)?;
        }
        for _ in 0..COUNTERS {
            self.spawn("count", Self::work)?;
        }
        // What was read before has not been looked into.
        let unknown = self.state().unknown();
        self.queue.look(unknown);
        self.spawn("compare", Self::compare_contents)
    }

    /// Ends the threads.
    pub fn stop(&self) {
        self.queue.stop();
        self.gate.wake();
    }

    fn spawn(self: &Arc<Self>, name: &str, run: fn(&Self)) -> std::io::Result<()> {
        let index = Arc::clone(self);
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || run(&index)).map(drop)
    }

    fn serve_names(&self) {
        let interval = || {
            if self.is_viewed() {
                NAMES_INTERVAL
            } else {
                IDLE_INTERVAL
            }
        };
        let is_stopped = || self.queue.is_stopped();
        self.gate.serve(&interval, &is_stopped, &|| self.compare());
    }

    fn follow_reports(&self) {
        while !self.queue.is_stopped() {
            let Ok(notifier) = self.disk.notifier() else {
                thread::sleep(NAMES_INTERVAL);
                continue;
            };
            if notifier.wait(NAMES_INTERVAL) {
                // An error is told to those who ask for the list.
                let _ = self.gate.pass(IDLE_INTERVAL, &|| self.compare());
            }
        }
    }

    fn work(&self) {
        while let Some(job) = self.queue.next() {
            match job {
                Job::Look(names) => self.refresh_all(&names),
                Job::Count(name) => {
                    self.count(&name);
                    self.queue.counted(&name);
                }
            }
        }
    }

    /// Counts a project; returns about how many system calls that took.
    fn count(&self, name: &Arc<str>) -> usize {
        let (entry, is_viewed) = {
            let state = self.state();
            let Some(entry) = state.entries.get(name).cloned() else {
                return 0;
            };
            (entry, state.viewed.contains(name))
        };
        let Kind::Project(project) = &entry.kind else {
            self.refresh(name);
            return 1;
        };
        let folder = self.root.join(&**name);
        let notifier = self.disk.notifier().ok().filter(|_| is_viewed);
        let mut watch = |folder: &std::path::Path| {
            if let Some(notifier) = notifier {
                notifier.watch(folder, name);
            }
        };
        match contents::count(&folder, project.contents.as_deref(), &mut watch) {
            Some(contents) if contents.is_project() => {
                let calls = contents.calls();
                if contents.is_interrupted && project.contents.is_none() {
                    self.note_interrupted(name);
                }
                self.change(|state| state.set_contents(name, &entry, contents));
                calls
            }
            _ => {
                self.refresh(name);
                1
            }
        }
    }

    /// Counts each project once, one after another, and compares them with the disk as long as
    /// somebody looks at the list.
    fn compare_contents(&self) {
        let mut cursor = None;
        let mut is_viewed_turn = true;
        while !self.queue.is_stopped() {
            let due = self.due(&mut cursor, is_viewed_turn);
            is_viewed_turn = !is_viewed_turn;
            let Some(name) = due else {
                thread::park_timeout(Duration::from_millis(500));
                continue;
            };
            let begun = Instant::now();
            let calls = self.compare_project(&name).max(1);
            thread::park_timeout(pause(begun.elapsed(), calls));
        }
    }

    fn compare_project(&self, name: &Arc<str>) -> usize {
        let contents = match self.state().entries.get(name).map(|entry| &entry.kind) {
            Some(Kind::Project(project)) => project.contents.clone(),
            _ => None,
        };
        let folder = self.root.join(&**name);
        match contents {
            Some(known) if known.counted.elapsed() < RECOUNT_AGE && known.is_current(&folder) => {
                self.state().entries.set_checked(name, Moment::now());
                known.folder_count + 1
            }
            _ => self.count(name),
        }
    }

    /// A project whose contents are old: of those that somebody looks at the one with the oldest,
    /// of the others the next.
    fn due(&self, cursor: &mut Option<Key>, is_viewed_turn: bool) -> Option<Arc<str>> {
        let is_viewed = self.is_viewed();
        let state = self.state();
        let is_due = |checked: Option<Instant>, age: Duration| {
            checked.is_none_or(|checked| is_viewed && checked.elapsed() > age)
        };
        if is_viewed_turn {
            let viewed = state.checked(state.viewed.names()).into_iter();
            let oldest = viewed.min_by_key(|(_, checked)| *checked);
            // What is watched is reported, so that it only has to be counted from time to time.
            let age = if self.disk.notifier().is_ok() {
                OTHERS_AGE
            } else {
                VIEWED_AGE
            };
            if let Some((name, _)) = oldest.filter(|(_, checked)| is_due(*checked, age)) {
                return Some(name);
            }
        }
        let others = state.entries.after(cursor.as_ref()).take(MAX_SEARCHED);
        let mut last = None;
        let mut found = None;
        for (key, entry) in others {
            last = Some(key.clone());
            let age = match &entry.kind {
                Kind::Project(_) => OTHERS_AGE,
                // It may become a project.
                Kind::Folder => FOLDERS_AGE,
                Kind::Unknown | Kind::Other => continue,
            };
            if is_due(entry.checked.map(|checked| checked.instant), age) {
                found = Some(key.name().into());
                break;
            }
        }
        *cursor = last;
        found
    }
}

/// Time to leave the disk alone after some system calls.
fn pause(took: Duration, calls: usize) -> Duration {
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    if took / calls > SLOW {
        Duration::from_secs_f64(f64::from(calls) / SLOW_RATE)
    } else {
        took.mul_f64(1.0 / FAST_SHARE - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_leaves_a_slow_disk_alone() {
        let slow = pause(Duration::from_millis(35), 35);
        assert!(35.0 / slow.as_secs_f64() < 20.0, "{slow:?}");
        let fast = pause(Duration::from_micros(350), 35);
        assert!(fast < Duration::from_millis(8), "{fast:?}");
    }
}
