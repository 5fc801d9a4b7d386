//! Changes of the list, for those who follow it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use podslate_shared::api::{Change, Move};
use tokio::sync::watch;

use super::index::{Index, Kind, Step, Viewer};
use super::list::Row;

/// Maximum number of changed projects that are sent; whoever shows some of more reads them again.
const MAX_CHANGES: usize = 256;

/// Somebody who follows the list.
#[derive(Debug)]
pub struct Follower {
    root: PathBuf,
    index: Arc<Index>,
    revisions: watch::Receiver<u64>,
    _viewer: Viewer,
}

impl Follower {
    pub(super) fn new(root: &Path, index: &Arc<Index>) -> Self {
        Self {
            root: root.to_owned(),
            index: Arc::clone(index),
            revisions: index.revisions(),
            _viewer: index.follow(),
        }
    }

    /// Current revision of the list.
    pub fn revision(&self) -> u64 {
        *self.revisions.borrow()
    }

    /// Waits until the list has another revision than this.
    pub async fn changed(&mut self, revision: u64) {
        // Cannot fail: the index owns the sender.
        let _ = self
            .revisions
            .wait_for(|current| *current != revision)
            .await;
    }

    /// What has changed since a revision; `None` if that is not known, or too much.
    pub fn since(&self, revision: u64) -> Option<Change> {
        let state = self.index.state();
        let steps = state.journal.since(revision)?;
        if steps.len() > MAX_CHANGES {
            return None;
        }
        let mut rows = Vec::new();
        let mut change = Change {
            revision: state.journal.revision(),
            ..Change::default()
        };
        let moves = state.journal.moves_since(revision);
        change.renamed = moves.map(|(old, new)| new_move(old, new)).collect();
        for (name, step) in steps {
            match step {
                Step::Added => change.added.push(name.to_string()),
                Step::Removed => change.removed.push(name.to_string()),
                Step::Changed => {
                    let entry = state.entries.get_key_value(&name);
                    if let Some((key, entry)) = entry
                        && let Kind::Project(project) = &entry.kind
                    {
                        rows.push(Row::new(&state, key, entry, project));
                    }
                }
            }
        }
        drop(state);
        change.changed = rows.iter().map(|row| row.summary(&self.root)).collect();
        Some(change)
    }
}

fn new_move(old: &str, new: &str) -> Move {
    Move {
        old_name: old.to_owned(),
        new_name: new.to_owned(),
    }
}
