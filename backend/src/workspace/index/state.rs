//! What the index knows, and how it changes.

use std::collections::HashSet;
use std::sync::Arc;

use super::contents::Contents;
use super::disk::Names;
use super::entries::{Entries, Entry, Kind, Project};
use super::journal::{Identity, Journal, Step};
use super::moment::Moment;
use super::viewed::Viewed;

/// What is known of a workspace.
#[derive(Debug, Default)]
pub struct State {
    pub entries: Entries,
    pub journal: Journal,
    pub viewed: Viewed,
    /// Whether the names have been read once.
    pub is_read: bool,
    /// Whether there were unfinished entries in the workspace when the names were read.
    pub has_leftover: bool,
    /// When the names were last compared with the disk.
    pub confirmed: Option<Moment>,
    /// Names that this program has changed since a reading of all names began.
    changed_meanwhile: Option<HashSet<Arc<str>>>,
}

impl State {
    /// Notes what an entry is now, keeping what is known of a project that is still the same.
    pub fn set(&mut self, name: &str, new: Option<Entry>) {
        if let Some(names) = &mut self.changed_meanwhile {
            names.insert(name.into());
        }
        let Some(mut new) = new else {
            let old = self.entries.remove(name);
            self.record(name, old.as_ref(), None);
            return;
        };
        if let Some(Entry {
            id,
            kind: Kind::Project(old),
            checked,
        }) = self.entries.get(name)
            && *id == new.id
            && let Kind::Project(project) = &mut new.kind
            && project.contents.is_none()
        {
            if old.has_config == project.has_config {
                return;
            }
            project.modified = old.modified;
            project.contents.clone_from(&old.contents);
            new.checked = *checked;
        }
        let old = self.entries.insert(name, new.clone());
        self.record(name, old.as_ref(), Some(&new));
    }

    /// Notes that the disk does not say what an entry is. What was known stays; a new folder is none
    /// that is listed, until a later look.
    pub fn set_unreadable(&mut self, name: &str) {
        let entry = self.entries.get(name);
        if let Some(entry) = entry.filter(|entry| matches!(entry.kind, Kind::Unknown)) {
            let (id, kind) = (entry.id, Kind::Folder);
            let checked = Some(Moment::now());
            self.set(name, Some(Entry { id, kind, checked }));
        }
    }

    /// Notes the contents of a project that had the given identity when they were counted; returns
    /// whether it is still that project.
    pub fn set_contents(&mut self, name: &str, counted: &Entry, contents: Contents) -> bool {
        let Some(entry) = self
            .entries
            .get(name)
            .filter(|entry| entry.id == counted.id)
        else {
            return false;
        };
        let Kind::Project(project) = &entry.kind else {
            return false;
        };
        let looks_same = project
            .contents
            .as_ref()
            .is_some_and(|old| old.looks_like(&contents));
        let mut entry = entry.clone();
        entry.kind = Kind::Project(Project {
            created: project.created,
            modified: contents.modified.or(project.modified),
            has_config: contents.has_config,
            is_mounted: project.is_mounted,
            contents: Some(Arc::new(contents)),
        });
        entry.checked = Some(Moment::now());
        self.entries.insert(name, entry);
        if !looks_same {
            self.journal.record(Step::Changed, name);
        }
        true
    }

    /// Begins a reading of all names.
    pub fn begin_reading(&mut self) {
        self.changed_meanwhile = Some(HashSet::new());
    }

    /// Ends it: removes entries that are gone, and returns those that have to be looked at.
    pub fn end_reading(&mut self, names: Option<Names>) -> Vec<Arc<str>> {
        let changed = self.changed_meanwhile.take().unwrap_or_default();
        let Some(names) = names else {
            return Vec::new();
        };
        let mut unread: HashSet<Arc<str>> = changed.clone();
        let mut present = HashSet::with_capacity(names.entries.len());
        self.has_leftover = names.has_leftover;
        for (name, found) in names.entries {
            let known = self.entries.get(&name);
            let is_folder = known.map(|known| !matches!(known.kind, Kind::Other));
            let is_known = is_folder == Some(found.is_folder);
            let is_same = known.is_some_and(|known| found.id.is_none() || known.id == found.id);
            let name: Arc<str> = name.into();
            // Maybe another folder of that name, or a mount point, whose identity is not that of
            // the entry: a look will tell.
            if is_known && found.is_folder && !is_same {
                unread.insert(Arc::clone(&name));
            }
            if !is_known && !changed.contains(&name) {
                let kind = if found.is_folder {
                    Kind::Unknown
                } else {
                    Kind::Other
                };
                self.set(
                    &name,
                    Some(Entry {
                        id: found.id,
                        kind,
                        checked: None,
                    }),
                );
                if found.is_folder {
                    unread.insert(Arc::clone(&name));
                }
            }
            present.insert(name);
        }
        let keys = self.entries.iter().map(|(key, _)| key);
        let gone = keys.filter(|key| !present.contains(key.name()));
        let gone: Vec<Arc<str>> = gone.map(|key| key.name().into()).collect();
        for name in gone.iter().filter(|name| !changed.contains(*name)) {
            self.set(name, None);
        }
        self.is_read = true;
        unread.into_iter().collect()
    }

    fn record(&mut self, name: &str, old: Option<&Entry>, new: Option<&Entry>) {
        let is_project = |entry: Option<&Entry>| {
            entry.is_some_and(|entry| matches!(entry.kind, Kind::Project(_)))
        };
        match (is_project(old), is_project(new)) {
            (true, true) if old.map(|old| old.id) == new.map(|new| new.id) => {
                self.journal.record(Step::Changed, name);
            }
            (was, is) => {
                if was {
                    self.journal.record(Step::Removed, name);
                    if let Some(identity) = identity(old) {
                        self.journal.note_gone(identity, name);
                    }
                }
                if is {
                    self.journal.record(Step::Added, name);
                    if let Some(identity) = identity(new) {
                        self.journal.note_come(identity, name);
                    }
                }
            }
        }
        if old.is_some() == new.is_some() {
            return;
        }
        // The warnings of projects that differ from it only by case change with it.
        let twins = self
            .entries
            .same_lower(name.to_lowercase().into())
            .filter(|key| key.name() != name);
        let twins: Vec<String> = twins.map(|key| key.name().to_owned()).collect();
        for twin in twins {
            if self.entries.project(&twin).is_some() {
                self.journal.record(Step::Changed, &twin);
            }
        }
    }

    /// Names of folders that have not been looked into.
    pub fn unknown(&self) -> Vec<Arc<str>> {
        let unknown = self
            .entries
            .iter()
            .filter(|(_, entry)| matches!(entry.kind, Kind::Unknown));
        unknown.map(|(key, _)| key.name().into()).collect()
    }
}

fn identity(entry: Option<&Entry>) -> Option<Identity> {
    let entry = entry?;
    match &entry.kind {
        Kind::Project(project) => entry.id.zip(project.created),
        _ => None,
    }
}
