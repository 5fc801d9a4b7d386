//! The entries of a workspace in memory: by name without regard to case, and in every order of the
//! list.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;
use std::time::SystemTime;

use podslate_shared::api::Sort;
use podslate_shared::latin::fold;

use super::contents::Contents;
use super::moment::Moment;
use crate::workspace::stamp::FileId;

/// Name of an entry, ordered case-insensitively.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    lower: Arc<str>,
    name: Arc<str>,
    /// What a search compares with.
    folded: Arc<str>,
}

impl Key {
    pub fn new(name: &str) -> Self {
        let lower = name.to_lowercase();
        let name: Arc<str> = name.into();
        // Names without capitals need their text only once.
        let lower = if lower == *name {
            Arc::clone(&name)
        } else {
            lower.into()
        };
        let folded = if lower.is_ascii() && !lower.contains([' ', '-']) {
            Arc::clone(&lower)
        } else {
            fold(&name).into()
        };
        Self {
            lower,
            name,
            folded,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name as a search compares it.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// An entry of the workspace that is not hidden.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Option<FileId>,
    pub kind: Kind,
    /// When its contents were last compared with the disk.
    pub checked: Option<Moment>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// A folder that has not been looked into.
    Unknown,
    Project(Project),
    /// A folder without a part of the layout.
    Folder,
    /// A file, a link or a device.
    Other,
}

/// What the list says of a project.
#[derive(Clone, Debug)]
pub struct Project {
    pub created: Option<SystemTime>,
    /// Of the folder only, until its contents are known.
    pub modified: Option<SystemTime>,
    pub has_config: bool,
    /// Whether the folder is mounted from outside.
    pub is_mounted: bool,
    /// `None` until they have been counted.
    pub contents: Option<Arc<Contents>>,
}

impl Project {
    /// Whether changes of its contents are reported.
    pub fn is_reported(&self) -> bool {
        self.contents
            .as_ref()
            .is_some_and(|contents| contents.is_reported)
    }
}

/// Where a part of a list begins.
pub enum Start<'a> {
    Offset(usize),
    /// After the project of this time and name, which need not exist.
    After(Option<SystemTime>, &'a str),
}

type ByTime = BTreeSet<(Reverse<Option<SystemTime>>, Key)>;

/// All entries.
#[derive(Debug, Default)]
pub struct Entries {
    by_name: BTreeMap<Key, Entry>,
    by_created: ByTime,
    by_modified: ByTime,
    unknown: usize,
}

impl Entries {
    /// Number of projects.
    pub fn project_count(&self) -> usize {
        self.by_created.len()
    }

    /// Number of folders that have not been looked into.
    pub fn unknown_count(&self) -> usize {
        self.unknown
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(&Key::new(name))
    }

    pub fn get_key_value(&self, name: &str) -> Option<(&Key, &Entry)> {
        self.by_name.get_key_value(&Key::new(name))
    }

    pub fn project(&self, name: &str) -> Option<&Project> {
        match &self.get(name)?.kind {
            Kind::Project(project) => Some(project),
            _ => None,
        }
    }

    /// Puts an entry in the place of the one that has its name, which is returned.
    pub fn insert(&mut self, name: &str, entry: Entry) -> Option<Entry> {
        let key = Key::new(name);
        let old = self.take(&key);
        match &entry.kind {
            Kind::Project(project) => {
                self.by_created
                    .insert((Reverse(project.created), key.clone()));
                self.by_modified
                    .insert((Reverse(project.modified), key.clone()));
            }
            Kind::Unknown => self.unknown += 1,
            _ => {}
        }
        self.by_name.insert(key, entry);
        old
    }

    /// Notes that the contents of an entry were the same as before.
    pub fn set_checked(&mut self, name: &str, checked: Moment) {
        if let Some(entry) = self.by_name.get_mut(&Key::new(name)) {
            entry.checked = Some(checked);
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        self.take(&Key::new(name))
    }

    fn take(&mut self, key: &Key) -> Option<Entry> {
        let old = self.by_name.remove(key)?;
        match &old.kind {
            Kind::Project(project) => {
                self.by_created
                    .remove(&(Reverse(project.created), key.clone()));
                self.by_modified
                    .remove(&(Reverse(project.modified), key.clone()));
            }
            Kind::Unknown => self.unknown -= 1,
            _ => {}
        }
        Some(old)
    }

    /// All entries by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.by_name.iter()
    }

    /// Entries after a name, in the order of names.
    pub fn after(&self, key: Option<&Key>) -> impl Iterator<Item = (&Key, &Entry)> {
        let start = key.map_or(Unbounded, Excluded);
        self.by_name.range((start, Unbounded))
    }

    /// Names of the entries that have this name, without regard to the case of ASCII letters.
    pub fn alike<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.same_lower(name.to_lowercase().into()).map(Key::name);
        names.filter(move |other| other.eq_ignore_ascii_case(name))
    }

    /// Whether another entry differs from this one only by case.
    pub fn has_case_conflict(&self, key: &Key) -> bool {
        self.same_lower(Arc::clone(&key.lower)).nth(1).is_some()
    }

    /// Names that are this one in lower case.
    pub fn same_lower(&self, lower: Arc<str>) -> impl Iterator<Item = &Key> {
        // The empty name is before every name.
        let first = Key {
            lower: Arc::clone(&lower),
            name: "".into(),
            folded: "".into(),
        };
        let keys = self.by_name.range(first..).map(|(key, _)| key);
        keys.take_while(move |key| key.lower == lower)
    }

    /// Projects in an order, from a start.
    pub fn ordered(
        &self,
        sort: Sort,
        start: &Start<'_>,
    ) -> Box<dyn Iterator<Item = (&Key, &Entry, &Project)> + '_> {
        let (skip, after) = match start {
            Start::Offset(count) => (*count, None),
            Start::After(time, name) => (0, Some((Reverse(*time), Key::new(name)))),
        };
        let by_time = match sort {
            Sort::Name => {
                let start = after.map_or(Unbounded, |(_, key)| Excluded(key));
                let entries = self.by_name.range((start, Unbounded));
                return Box::new(entries.filter_map(as_project).skip(skip));
            }
            Sort::Created => &self.by_created,
            Sort::Modified => &self.by_modified,
        };
        let start = after.map_or(Unbounded, Excluded);
        let keys = by_time.range((start, Unbounded)).skip(skip);
        Box::new(keys.filter_map(|(_, key)| as_project(self.by_name.get_key_value(key)?)))
    }
}

fn as_project<'e>((key, entry): (&'e Key, &'e Entry)) -> Option<(&'e Key, &'e Entry, &'e Project)> {
    match &entry.kind {
        Kind::Project(project) => Some((key, entry, project)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn project(seconds: u64) -> Entry {
        let time = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        Entry {
            id: None,
            kind: Kind::Project(Project {
                created: time,
                modified: time,
                has_config: true,
                is_mounted: false,
                contents: None,
            }),
            checked: None,
        }
    }

    fn names(entries: &Entries, sort: Sort, start: &Start<'_>) -> Vec<String> {
        let ordered = entries.ordered(sort, start);
        ordered.map(|(key, ..)| key.name().to_owned()).collect()
    }

    #[test]
    fn every_order_follows_changes() {
        let mut entries = Entries::default();
        for (name, seconds) in [("beta", 3), ("Alpha", 1), ("alpha", 2), ("Zeta", 4)] {
            entries.insert(name, project(seconds));
        }
        entries.insert(
            "gamma",
            Entry {
                id: None,
                kind: Kind::Other,
                checked: None,
            },
        );
        let all = Start::Offset(0);
        assert_eq!(
            names(&entries, Sort::Name, &all),
            ["Alpha", "alpha", "beta", "Zeta"]
        );
        assert_eq!(
            names(&entries, Sort::Modified, &all),
            ["Zeta", "beta", "alpha", "Alpha"]
        );
        assert_eq!(entries.project_count(), 4);

        entries.insert("Alpha", project(9));
        entries.remove("Zeta");
        assert_eq!(
            names(&entries, Sort::Created, &all),
            ["Alpha", "beta", "alpha"]
        );
        assert_eq!(
            names(&entries, Sort::Created, &Start::Offset(1)),
            ["beta", "alpha"]
        );
        let gone = Start::After(
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4)),
            "Zeta",
        );
        assert_eq!(names(&entries, Sort::Modified, &gone), ["beta", "alpha"]);
        assert_eq!(
            names(&entries, Sort::Name, &Start::After(None, "alpha")),
            ["beta"]
        );
        assert_eq!(
            names(&entries, Sort::Name, &Start::After(None, "Missing")),
            [""; 0]
        );
    }

    #[test]
    fn names_are_found_without_regard_to_case() {
        let mut entries = Entries::default();
        entries.insert(
            "ROBOT",
            Entry {
                id: None,
                kind: Kind::Other,
                checked: None,
            },
        );
        for name in ["Robot", "robots", "Robo", "Äpfel"] {
            entries.insert(name, project(1));
        }
        assert_eq!(
            entries.alike("robot").collect::<Vec<_>>(),
            ["ROBOT", "Robot"]
        );
        assert_eq!(entries.alike("fresh").count(), 0);
        assert!(entries.has_case_conflict(&Key::new("Robot")));
        assert!(!entries.has_case_conflict(&Key::new("robots")));
    }
}
