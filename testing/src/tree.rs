//! Directory tree as a value: every entry with its content.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use podslate_shared::layout::CHARACTER;
use podslate_shared::{ProjectName, former};
use serde_json::Value;

/// One hour more than the age at which recovery treats a hidden entry as stale.
const STALE_AGE: Duration = Duration::from_secs(25 * 60 * 60);

/// Maximum number of bytes of a file that are shown.
const MAX_SHOWN: usize = 600;

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Dir,
    /// A file with its content.
    File(Vec<u8>),
    /// A link or anything else.
    Other,
}

/// Every entry below a directory by its path, separated by `/`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

/// On the disk.
impl Tree {
    /// Reads a directory.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        fn read(tree: &mut Tree, dir: &Path, prefix: &str) -> io::Result<()> {
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                // The records of former names have tests of their own.
                if entry.file_name() == former::RECORD_FILE {
                    continue;
                }
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    tree.dir(&path);
                    read(tree, &entry.path(), &format!("{path}/"))?;
                } else if kind.is_file() {
                    tree.file(&path, fs::read(entry.path())?);
                } else {
                    tree.0.insert(path, Entry::Other);
                }
            }
            Ok(())
        }
        let mut tree = Self::default();
        read(&mut tree, root, "")?;
        Ok(tree)
    }

    /// Writes the entries into a directory.
    ///
    /// # Errors
    /// They cannot be written, or one is neither a directory nor a file.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        self.0.iter().try_for_each(|(path, entry)| match entry {
            Entry::Dir => fs::create_dir(root.join(path)),
            Entry::File(content) => fs::write(root.join(path), content),
            Entry::Other => Err(io::ErrorKind::Unsupported.into()),
        })
    }

    /// Makes the hidden entries of the written tree more than a day old, so that recovery takes
    /// them as abandoned.
    ///
    /// # Errors
    /// A time cannot be set.
    pub fn age_hidden(&self, root: &Path) -> io::Result<()> {
        self.hidden().into_iter().try_for_each(|path| {
            File::open(root.join(path))?.set_modified(SystemTime::now() - STALE_AGE)
        })
    }
}

/// Changes.
impl Tree {
    /// Adds a directory.
    pub fn dir(&mut self, path: &str) {
        self.0.insert(path.to_owned(), Entry::Dir);
    }

    /// Adds directories.
    pub fn dirs(&mut self, paths: &[&str]) {
        paths.iter().for_each(|path| self.dir(path));
    }

    /// Adds or replaces a file.
    pub fn file(&mut self, path: &str, content: impl AsRef<[u8]>) {
        let content = content.as_ref().to_owned();
        self.0.insert(path.to_owned(), Entry::File(content));
    }

    /// Adds a complete project that has the name of its directory.
    ///
    /// # Panics
    /// The last part of `path` is not a project's name.
    pub fn project(&mut self, path: &str) {
        self.project_named(path, path.rsplit('/').next().unwrap_or(path));
    }

    /// Adds a complete project whose configuration has the name `name`.
    ///
    /// # Panics
    /// `name` is not a project's name.
    pub fn project_named(&mut self, path: &str, name: &str) {
        self.dir(path);
        for dir in CHARACTER.directories {
            self.dir(&format!("{path}/{dir}"));
        }
        for file in CHARACTER.files {
            let content = file.render(&parse(name));
            self.file(&format!("{path}/{}", file.path), content);
        }
    }

    /// Removes an entry and everything below it.
    pub fn remove(&mut self, path: &str) {
        self.0.retain(|entry, _| below(entry, path).is_none());
    }

    /// Renames an entry with everything below it.
    pub fn rename(&mut self, old: &str, new: &str) {
        let entries = std::mem::take(&mut self.0).into_iter();
        let renamed = entries.map(|(path, entry)| match below(&path, old) {
            Some(rest) => (format!("{new}{rest}"), entry),
            None => (path, entry),
        });
        self.0 = renamed.collect();
    }
}

/// Questions.
impl Tree {
    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry at `path`.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path)
    }

    /// The entries with their paths, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The entries below `dir`, with paths relative to it.
    pub fn subtree(&self, dir: &str) -> Self {
        let below = |(path, entry): (&str, &Entry)| {
            let path = below(path, dir)?.strip_prefix('/')?;
            Some((path.to_owned(), entry.clone()))
        };
        self.entries().filter_map(below).collect()
    }

    /// The tree without the entries that are podslate's own: what people and other programs see.
    pub fn visible(&self) -> Self {
        let visible = self.entries().filter(|(path, _)| !is_hidden(path));
        visible
            .map(|(path, entry)| (path.to_owned(), entry.clone()))
            .collect()
    }

    /// Paths of the entries that are podslate's own.
    pub fn hidden(&self) -> Vec<&str> {
        let paths = self.0.keys().map(String::as_str);
        paths.filter(|path| is_hidden(path)).collect()
    }

    /// Whether every entry of `other` is in this tree, and equal.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .entries()
            .all(|(path, entry)| self.get(path) == Some(entry))
    }

    /// Number of files that contain `text`.
    pub fn count_files_with(&self, text: &str) -> usize {
        let contains = |entry: &&Entry| match entry {
            Entry::File(content) => String::from_utf8_lossy(content).contains(text),
            _ => false,
        };
        self.0.values().filter(contains).count()
    }

    /// Names of the projects: the directories at the top that are not hidden.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        let is_project = |(path, entry): &(&str, &Entry)| {
            !path.contains('/') && !path.starts_with('.') && **entry == Entry::Dir
        };
        self.entries().filter(is_project).map(|(path, _)| path)
    }

    /// The configuration of a project, if it can be parsed.
    pub fn config(&self, project: &str) -> Option<Value> {
        match self.get(&format!("{project}/pipeline/config.json")) {
            Some(Entry::File(content)) => serde_json::from_slice(content).ok(),
            _ => None,
        }
    }

    /// Whether a project has every directory of the layout and its configuration.
    pub fn is_complete(&self, project: &str) -> bool {
        let has = |path: &&str| self.get(&format!("{project}/{path}")) == Some(&Entry::Dir);
        CHARACTER.directories.iter().all(has) && self.config(project).is_some()
    }

    /// The differences from what is expected, one per line; empty if there are none.
    pub fn diff(&self, expected: &Self) -> String {
        let missing = expected.entries().filter_map(|(path, entry)| {
            let is_missing = self.get(path).is_none();
            is_missing.then(|| format!("missing: {}\n", Line(path, entry)))
        });
        let other = self.entries().filter_map(|(path, entry)| {
            let line = Line(path, entry);
            match expected.get(path) {
                None => Some(format!("unexpected: {line}\n")),
                Some(other) if other == entry => None,
                Some(other) => Some(format!("changed: {line}, not {}\n", Line(path, other))),
            }
        });
        missing.chain(other).collect()
    }

    /// Asserts that the tree is as expected.
    ///
    /// # Panics
    /// It differs.
    #[track_caller]
    pub fn assert_same(&self, expected: &Self) {
        assert!(self == expected, "{}", self.diff(expected));
    }
}

impl FromIterator<(String, Entry)> for Tree {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Debug for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.entries()
            .try_for_each(|(path, entry)| writeln!(f, "{}", Line(path, entry)))
    }
}

/// A path with its entry, on one line.
struct Line<'a>(&'a str, &'a Entry);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(path, entry) = self;
        match entry {
            Entry::Dir => write!(f, "{path}/"),
            Entry::File(content) => {
                let start = &content[..content.len().min(MAX_SHOWN)];
                write!(f, "{path} {:?}", String::from_utf8_lossy(start))?;
                let rest = content.len() - start.len();
                if rest > 0 {
                    write!(f, " and {rest} bytes")
                } else {
                    Ok(())
                }
            }
            Entry::Other => write!(f, "{path} (neither a directory nor a file)"),
        }
    }
}

/// Names of the entries of a directory in order, hidden ones included except the marks of former
/// names, which have tests of their own.
///
/// # Errors
/// It cannot be read.
pub fn names(dir: &Path) -> io::Result<Vec<String>> {
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let names: io::Result<Vec<String>> = fs::read_dir(dir)?.map(|entry| entry.map(name)).collect();
    let mut names = names?;
    names.retain(|name| name != former::MARKS_FOLDER);
    names.sort();
    Ok(names)
}

/// The configuration of a new project.
///
/// # Panics
/// `name` is not a project's name.
pub fn config_of(name: &str) -> String {
    CHARACTER.files[0].render(&parse(name))
}

fn parse(name: &str) -> ProjectName {
    ProjectName::parse(name).expect("a valid name")
}

/// The rest of `path` after `dir`; `None` if it is neither `dir` nor below it.
fn below<'a>(path: &'a str, dir: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(dir)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn is_hidden(path: &str) -> bool {
    path.split('/')
        .any(|part| part.starts_with(".podslate-tmp-") || part.starts_with(".podslate-trash-"))
}
