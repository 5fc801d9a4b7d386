//! Projects that somebody looks at.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Maximum number of projects that count as looked at.
const MAX_VIEWED: usize = 512;
/// Time that somebody is supposed to look at a list after asking for it.
const VIEW_TIME: Duration = Duration::from_secs(60);

/// The projects that were listed last.
#[derive(Debug, Default)]
pub struct Viewed {
    projects: HashMap<Arc<str>, Instant>,
    last: Option<Instant>,
}

impl Viewed {
    /// Maximum number of projects of one list that count as looked at.
    pub const MAX_PER_LIST: usize = MAX_VIEWED / 2;

    /// Notes that a project was listed; returns whether it was not looked at before.
    pub fn note(&mut self, name: &str) -> bool {
        let now = Instant::now();
        if let Some(last) = self.projects.get_mut(name) {
            *last = now;
            return false;
        }
        self.projects.insert(name.into(), now);
        true
    }

    /// Notes that a list was asked for.
    pub fn note_list(&mut self) {
        self.last = Some(Instant::now());
    }

    /// Whether somebody has asked for a list lately.
    pub fn is_recent(&self) -> bool {
        self.last.is_some_and(|last| last.elapsed() < VIEW_TIME)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.projects.contains_key(name)
    }

    pub fn remove(&mut self, name: &str) -> bool {
        self.projects.remove(name).is_some()
    }

    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.projects.keys()
    }

    /// Removes those that were listed longest ago if there are too many, and returns them.
    pub fn evict(&mut self) -> Vec<Arc<str>> {
        if self.projects.len() <= MAX_VIEWED {
            return Vec::new();
        }
        let mut all: Vec<_> = self.projects.drain().collect();
        all.sort_unstable_by_key(|(_, last)| std::cmp::Reverse(*last));
        let evicted = all.split_off(MAX_VIEWED / 2);
        self.projects.extend(all);
        evicted.into_iter().map(|(name, _)| name).collect()
    }
}
