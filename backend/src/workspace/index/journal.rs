//! The last changes of the list, for those who know an earlier revision of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use crate::workspace::stamp::FileId;

/// Maximum number of changes that are kept.
const MAX_KEPT: usize = 4_096;
/// Maximum number of renames, and of projects that may appear under another name.
const MAX_MOVES: usize = 256;

/// Tells a folder from others, even from one that is created in its place: its creation has a time.
pub type Identity = (FileId, SystemTime);

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
    /// Renames, with the revision that they were part of.
    moves: VecDeque<(u64, Arc<str>, Arc<str>)>,
    /// Projects that have disappeared last.
    gone: VecDeque<(Identity, Arc<str>)>,
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

    /// Notes the identity of a project that has disappeared.
    pub fn note_gone(&mut self, identity: Identity, name: &str) {
        if self.gone.len() == MAX_MOVES {
            self.gone.pop_front();
        }
        self.gone.push_back((identity, name.into()));
    }

    /// Notes the identity of a project that has appeared.
    pub fn note_come(&mut self, identity: Identity, name: &str) {
        let gone = self.gone.iter().position(|(other, _)| *other == identity);
        if let Some((_, old)) = gone.and_then(|at| self.gone.remove(at))
            && *old != *name
        {
            self.record_move(self.revision, &old, name);
        }
    }

    /// Notes that a project that is about to disappear will be another name.
    pub fn announce_move(&mut self, old: &str, new: &str) {
        self.record_move(self.revision + 1, old, new);
    }

    fn record_move(&mut self, revision: u64, old: &str, new: &str) {
        if self.moves.len() == MAX_MOVES {
            self.moves.pop_front();
        }
        self.moves.push_back((revision, old.into(), new.into()));
    }

    /// Old and new names of the renames since a revision, in their order.
    pub fn moves_since(&self, revision: u64) -> impl Iterator<Item = (&str, &str)> {
        let since = self.moves.iter().filter(move |(at, ..)| *at > revision);
        since.map(|(_, old, new)| (&**old, &**new))
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_folder_that_appears_again_was_renamed() {
        let mut journal = Journal::default();
        let id = FileId::from(&std::fs::metadata(".").expect("a folder"));
        let at = |seconds| (id, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        journal.record(Step::Removed, "old");
        journal.note_gone(at(1), "old");
        journal.record(Step::Added, "other");
        journal.note_come(at(2), "other");
        assert_eq!(journal.moves_since(0).count(), 0, "created in its place");
        journal.record(Step::Added, "new");
        journal.note_come(at(1), "new");
        let moves: Vec<_> = journal.moves_since(2).collect();
        assert_eq!(moves, [("old", "new")]);
        assert_eq!(journal.moves_since(3).count(), 0);
        journal.announce_move("new", "newer");
        assert_eq!(journal.moves_since(3).count(), 1);
    }

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
