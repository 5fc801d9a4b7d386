//! One look at the workspace's folder, for all who asked for one before it began.

use std::fs::DirEntry;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use podslate_shared::{Error, ProjectName};

use super::{dir, project};

/// For so long a folder that was a project is taken as one while it stays the same folder: looking
/// into each of thousands is most of the work.
const TRUST: Duration = Duration::from_secs(1);

/// What was in the folder, without hidden entries.
#[derive(Debug)]
pub struct Look {
    /// Greater than that of every look that began before.
    pub number: u64,
    entries: Vec<Entry>,
    projects: OnceLock<Vec<Found>>,
}

/// A folder that is a project.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its name in small letters.
    pub lower: String,
    /// Whether another entry has the same name in other capitals.
    pub has_twin: bool,
    id: Option<u64>,
    checked: Instant,
}

#[derive(Debug)]
struct Entry {
    name: String,
    is_folder: bool,
    id: Option<u64>,
}

impl Look {
    /// Looks at the workspace.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn at(root: &Path, number: u64) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for entry in dir::read(root)? {
            let entry = entry.map_err(|error| dir::unavailable(root, error.kind()))?;
            let name = entry.file_name();
            if !name.as_encoded_bytes().starts_with(b".") {
                entries.push(Entry {
                    name: name.to_string_lossy().into_owned(),
                    is_folder: entry.file_type().is_ok_and(|kind| kind.is_dir()),
                    id: id(&entry),
                });
            }
        }
        Ok(Self {
            number,
            entries,
            projects: OnceLock::new(),
        })
    }

    /// The entries that have a name, case-insensitively.
    pub fn alike(&self, name: &ProjectName) -> impl Iterator<Item = &str> {
        let entries = self.entries.iter().map(|entry| entry.name.as_str());
        entries.filter(move |entry| entry.eq_ignore_ascii_case(name.as_str()))
    }

    /// The projects among the entries in alphabetical order, capitals and small letters alike;
    /// `before` is an earlier look, if there is one.
    pub fn projects(&self, root: &Path, before: Option<&Self>) -> &[Found] {
        self.projects.get_or_init(|| {
            let known = before.and_then(|before| before.projects.get());
            let mut known = known.map_or(&[][..], Vec::as_slice).iter().peekable();
            let ordered = self.ordered();
            let is_alike = |index: usize, lower: &str| {
                let other = ordered.get(index);
                other.is_some_and(|(other, _)| other == lower)
            };
            let mut found = Vec::with_capacity(ordered.len());
            for (index, (lower, entry)) in ordered.iter().enumerate() {
                let key = (lower, &entry.name);
                while known
                    .next_if(|known| (&known.lower, &known.name) < key)
                    .is_some()
                {}
                let is_same = |known: &&&Found| {
                    known.name == entry.name && known.id == entry.id && entry.id.is_some()
                };
                let checked = known.peek().filter(is_same).map(|known| known.checked);
                let checked = checked.filter(|checked| checked.elapsed() < TRUST);
                let is_project = || project::is_project(&root.join(&entry.name));
                if entry.is_folder && (checked.is_some() || is_project()) {
                    found.push(Found {
                        name: entry.name.clone(),
                        lower: lower.clone(),
                        has_twin: is_alike(index + 1, lower)
                            || index > 0 && is_alike(index - 1, lower),
                        id: entry.id,
                        checked: checked.unwrap_or_else(Instant::now),
                    });
                }
            }
            found
        })
    }

    fn ordered(&self) -> Vec<(String, &Entry)> {
        let lower = self.entries.iter().map(|entry| entry.name.to_lowercase());
        let mut ordered: Vec<_> = lower.zip(&self.entries).collect();
        ordered.sort_unstable_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
        ordered
    }
}

/// What tells a folder from another that had its name before, where something does.
#[cfg(unix)]
fn id(entry: &DirEntry) -> Option<u64> {
    Some(std::os::unix::fs::DirEntryExt::ino(entry))
}

/// The time of its making, which reading the folder tells here.
#[cfg(windows)]
fn id(entry: &DirEntry) -> Option<u64> {
    use std::os::windows::fs::MetadataExt;
    entry.metadata().ok().map(|found| found.creation_time())
}

#[cfg(not(any(unix, windows)))]
fn id(_entry: &DirEntry) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(look: &Look, root: &Path, before: Option<&Look>) -> Vec<String> {
        let projects = look.projects(root, before).iter();
        projects.map(|project| project.name.clone()).collect()
    }

    #[test]
    fn a_folder_that_was_a_project_is_trusted_and_another_of_its_name_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["Beta", "alpha", "Gamma"] {
            fs::create_dir_all(root.join(name).join("0_input")).unwrap();
        }
        fs::create_dir(root.join("Other")).unwrap();
        let first = Look::at(root, 1).unwrap();
        assert_eq!(names(&first, root, None), ["alpha", "Beta", "Gamma"]);

        fs::remove_dir(root.join("alpha/0_input")).unwrap();
        fs::rename(root.join("Beta"), root.join("away")).unwrap();
        fs::create_dir(root.join("Beta")).unwrap();
        fs::create_dir(root.join("Other/0_input")).unwrap();
        let second = Look::at(root, 2).unwrap();
        assert_eq!(names(&second, root, None), ["away", "Gamma", "Other"]);
        let second = Look::at(root, 2).unwrap();
        let trusting = names(&second, root, Some(&first));
        assert_eq!(trusting, ["alpha", "away", "Gamma", "Other"]);
    }

    #[test]
    fn entries_of_one_name_are_alike_whatever_they_are() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Robot", "robots", "Robo"] {
            fs::create_dir_all(folder.path().join(name).join("0_input")).unwrap();
        }
        fs::write(folder.path().join("ROBOT"), "").unwrap();
        let look = Look::at(folder.path(), 1).unwrap();
        let name = ProjectName::parse("robot").unwrap();
        let mut alike: Vec<&str> = look.alike(&name).collect();
        alike.sort_unstable();
        assert_eq!(alike, ["ROBOT", "Robot"]);
        let projects = look.projects(folder.path(), None).iter();
        let twins: Vec<bool> = projects.map(|project| project.has_twin).collect();
        assert_eq!(twins, [false, true, false]);
    }
}
