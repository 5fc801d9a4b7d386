//! Work of the threads that look into folders and count files.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::lock::lock;

/// Maximum number of folders that a thread looks into before the others take the next.
const BATCH: usize = 32;

/// Work that waits.
#[derive(Debug, Default)]
pub struct Queue {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    looks: VecDeque<Arc<str>>,
    counts: BTreeSet<(Instant, Arc<str>)>,
    due: HashMap<Arc<str>, Instant>,
    running: HashSet<Arc<str>>,
    is_stopped: bool,
}

/// What a thread has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Job {
    /// Find out what these entries are.
    Look(Vec<Arc<str>>),
    /// Count the contents of a project.
    Count(Arc<str>),
}

impl Queue {
    pub fn look(&self, names: impl IntoIterator<Item = Arc<str>>) {
        lock(&self.jobs).looks.extend(names);
        self.changed.notify_all();
    }

    /// Has a project counted now, unless it is being counted.
    pub fn count_first(&self, name: &str) {
        if !lock(&self.jobs).running.contains(name) {
            self.count(name, Instant::now());
        }
    }

    /// Has a project counted at a time, or earlier if it is to be already.
    pub fn count(&self, name: &str, due: Instant) {
        let mut jobs = lock(&self.jobs);
        match jobs.due.get(name).copied() {
            Some(earlier) if earlier <= due => return,
            Some(later) => {
                jobs.counts.remove(&(later, name.into()));
            }
            None => {}
        }
        jobs.due.insert(name.into(), due);
        jobs.counts.insert((due, name.into()));
        self.changed.notify_all();
    }

    /// Waits for the next job; `None` when the threads have to end.
    pub fn next(&self) -> Option<Job> {
        let mut jobs = lock(&self.jobs);
        loop {
            if jobs.is_stopped {
                return None;
            }
            if !jobs.looks.is_empty() {
                let size = jobs.looks.len().min(BATCH);
                return Some(Job::Look(jobs.looks.drain(..size).collect()));
            }
            let now = Instant::now();
            // A project that is being counted is counted again afterwards.
            let waiting = jobs
                .counts
                .iter()
                .find(|(_, name)| !jobs.running.contains(name));
            match waiting.cloned() {
                Some((due, name)) if due <= now => {
                    jobs.counts.remove(&(due, Arc::clone(&name)));
                    jobs.due.remove(&name);
                    jobs.running.insert(Arc::clone(&name));
                    return Some(Job::Count(name));
                }
                Some((due, _)) => {
                    let waited = self.changed.wait_timeout(jobs, due - now);
                    jobs = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let waited = self.changed.wait(jobs);
                    jobs = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Ends a count that [`Queue::next`] returned.
    pub fn counted(&self, name: &str) {
        let mut jobs = lock(&self.jobs);
        jobs.running.remove(name);
        if jobs.due.contains_key(name) {
            self.changed.notify_all();
        }
    }

    /// Lets the threads end.
    pub fn stop(&self) {
        lock(&self.jobs).is_stopped = true;
        self.changed.notify_all();
    }

    pub fn is_stopped(&self) -> bool {
        lock(&self.jobs).is_stopped
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_project_is_counted_once_at_a_time_and_the_earliest_time_counts() {
        let queue = Queue::default();
        let now = Instant::now();
        queue.count("late", now + Duration::from_secs(3_600));
        queue.count("soon", now);
        queue.count("soon", now + Duration::from_secs(3_600));
        assert_eq!(queue.next(), Some(Job::Count("soon".into())));
        queue.count("soon", now);
        queue.count("late", now);
        assert_eq!(
            queue.next(),
            Some(Job::Count("late".into())),
            "`soon` is being counted"
        );
        queue.counted("soon");
        assert_eq!(queue.next(), Some(Job::Count("soon".into())));
        queue.look((0..40).map(|number| number.to_string().into()));
        assert!(matches!(queue.next(), Some(Job::Look(names)) if names.len() == BATCH));
        queue.stop();
        assert_eq!(queue.next(), None);
    }
}
