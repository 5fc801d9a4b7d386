//! The last changes of the list, for those who know an earlier revision of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Maximum number of changes that are kept.
const MAX_KEPT: usize = 4_096;

/// What happened to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Added,
    Removed,
    Changed,
}

/// The last changes, each with its revision.
#[derive(Debug, Default)]
pub struct Journal {
    revision: u64,
    steps: VecDeque<(Step, Arc<str>)>,
}

impl Journal {
    /// Revision of the list: the number of its changes.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn record(&mut self, step: Step, name: &str) {
        self.revision += 1;
        if self.steps.len() == MAX_KEPT {
            self.steps.pop_front();
        }
        self.steps.push_back((step, name.into()));
    }

    /// What has become of each project that has changed since a revision, in the order of names;
    /// `None` if that is not known any more.
    pub fn since(&self, revision: u64) -> Option<BTreeMap<Arc<str>, Step>> {
        let missed = usize::try_from(self.revision.checked_sub(revision)?).ok()?;
        let start = self.steps.len().checked_sub(missed)?;
        let mut changes: BTreeMap<_, (bool, Step)> = BTreeMap::new();
        for (step, name) in self.steps.range(start..) {
            let was_listed = *step != Step::Added;
            let change = changes
                .entry(Arc::clone(name))
                .or_insert((was_listed, *step));
            change.1 = *step;
        }
        let net = |(name, (was_listed, last))| match (was_listed, last) {
            (true, Step::Removed) => Some((name, Step::Removed)),
            (true, _) => Some((name, Step::Changed)),
            (false, Step::Removed) => None,
            (false, _) => Some((name, Step::Added)),
        };
        Some(changes.into_iter().filter_map(net).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_steps_of_a_project_are_one_change() {
        use Step::{Added, Changed, Removed};
        let mut journal = Journal::default();
        for (step, name) in [
            (Added, "before"),
            (Added, "kept"),
            (Removed, "before"),
            (Added, "brief"),
            (Changed, "brief"),
            (Removed, "brief"),
            (Removed, "kept"),
            (Added, "kept"),
            (Added, "new"),
            (Changed, "new"),
        ] {
            journal.record(step, name);
        }
        let since = |revision| -> Option<Vec<_>> {
            let changes = journal.since(revision)?.into_iter();
            Some(
                changes
                    .map(|(name, step)| (name.to_string(), step))
                    .collect(),
            )
        };
        let expected = [("before", Removed), ("kept", Changed), ("new", Added)];
        let expected = expected.map(|(name, step)| (name.to_owned(), step));
        assert_eq!(since(2).unwrap(), expected);
        assert_eq!(since(10), Some(Vec::new()));
        assert_eq!(since(11), None, "of another list");
        for _ in 0..MAX_KEPT {
            journal.record(Changed, "busy");
        }
        assert_eq!(journal.since(9), None, "forgotten");
        assert!(journal.since(10).is_some());
    }
}
