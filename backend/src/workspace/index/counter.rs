//! The threads of the index: one compares the names, some count what is looked at, and one compares
//! what nobody reports, within a budget.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::entries::{Key, Kind};
use super::queue::Job;
use super::{Index, Moment, contents};
use crate::workspace::project;

/// Number of threads that count. They wait for the disk more than they compute.
const COUNTERS: usize = 8;
/// Longest time between two comparisons of the names while somebody looks at the list.
const NAMES_INTERVAL: Duration = Duration::from_millis(1_500);
/// Time to collect reports, because each comparison has its cost.
const REPORTS_PAUSE: Duration = Duration::from_millis(20);
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
/// Time until projects that somebody looks at are searched again if none was due.
const VIEWED_PAUSE: Duration = Duration::from_millis(200);
/// Number of projects to search for one that is due.
const MAX_SEARCHED: usize = 2_000;
/// Time per system call above which a disk counts as slow.
const SLOW: Duration = Duration::from_micros(100);
/// System calls per second on a slow disk, in the background.
const SLOW_RATE: f64 = 14.0;
/// Longest pause, after a project that is large.
const MAX_PAUSE: Duration = Duration::from_secs(60);
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
                // What follows at once is taken into account with it.
                thread::sleep(REPORTS_PAUSE);
                // An error is told to those who ask for the list.
                let _ = self.gate.pass(IDLE_INTERVAL, false, &|| self.compare());
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
        let Kind::Project(known) = &entry.kind else {
            self.refresh(name);
            return 1;
        };
        let folder = self.root.join(&**name);
        let notifier = self.disk.notifier().ok().filter(|_| is_viewed);
        let mut is_reported = notifier.is_some();
        let mut watch = |folder: &std::path::Path| {
            is_reported &= notifier.is_some_and(|notifier| notifier.watch(folder, name));
        };
        let counted = contents::count(&folder, known.contents.as_deref(), &mut watch);
        match counted {
            Some(mut contents) if contents.is_project() || project::is_project(&folder) => {
                contents.is_reported = is_reported;
                let calls = contents.calls();
                if contents.is_interrupted() && known.contents.is_none() {
                    self.note_interrupted(name);
                }
                self.change(|state| state.set_contents(name, &entry, contents));
                calls
            }
            _ => {
                self.refresh(name);
                self.state().entries.set_checked(name, Moment::now());
                1
            }
        }
    }

    /// Counts each project once, one after another, and compares them with the disk as long as
    /// somebody looks at the list.
    fn compare_contents(&self) {
        let mut cursor = None;
        let mut is_viewed_turn = true;
        let mut next_viewed = Instant::now();
        while !self.queue.is_stopped() {
            let mut due = None;
            if is_viewed_turn && Instant::now() >= next_viewed {
                due = self.due_viewed();
                if due.is_none() {
                    next_viewed = Instant::now() + VIEWED_PAUSE;
                }
            }
            is_viewed_turn = !is_viewed_turn;
            let Some(name) = due.or_else(|| self.due_other(&mut cursor)) else {
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

    /// Of the projects that somebody looks at, the one whose contents are the oldest, if they are
    /// old.
    fn due_viewed(&self) -> Option<Arc<str>> {
        if !self.is_viewed() {
            return None;
        }
        let state = self.state();
        let due = state.viewed.names().filter_map(|name| {
            let entry = state.entries.get(name)?;
            // What is reported only has to be counted from time to time.
            let age = match &entry.kind {
                Kind::Project(project) if project.is_reported() => OTHERS_AGE,
                _ => VIEWED_AGE,
            };
            let checked = entry.checked.map(|moment| moment.instant);
            let is_due = checked.is_none_or(|checked| checked.elapsed() > age);
            is_due.then_some((checked, name))
        });
        let (_, name) = due.min_by_key(|(checked, _)| *checked)?;
        Some(Arc::clone(name))
    }

    /// The next of all entries whose contents are old, or were never counted.
    fn due_other(&self, cursor: &mut Option<Key>) -> Option<Arc<str>> {
        let is_viewed = self.is_viewed();
        let state = self.state();
        let others = state.entries.after(cursor.as_ref()).take(MAX_SEARCHED);
        let (mut found, mut last) = (None, None);
        for (key, entry) in others {
            last = Some(key);
            let age = match &entry.kind {
                Kind::Project(_) => OTHERS_AGE,
                // It may become a project.
                Kind::Folder => FOLDERS_AGE,
                Kind::Unknown | Kind::Other => continue,
            };
            let is_old = |checked: Moment| is_viewed && checked.instant.elapsed() > age;
            if entry.checked.is_none_or(is_old) {
                found = Some(key.name().into());
                break;
            }
        }
        *cursor = last.cloned();
        found
    }
}

/// Time to leave the disk alone after some system calls.
fn pause(took: Duration, calls: usize) -> Duration {
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    if took / calls > SLOW {
        Duration::from_secs_f64(f64::from(calls) / SLOW_RATE).min(MAX_PAUSE)
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
