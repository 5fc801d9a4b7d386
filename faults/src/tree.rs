//! A workspace as a value, with what is allowed to be hidden in it apart.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;
use serde_json::Value;

const A_DAY: Duration = Duration::from_secs(25 * 60 * 60);

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A file with its content.
    File(Vec<u8>),
    /// A link and anything else.
    Other,
}

/// Every entry below a folder by its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<String, Node>);

impl Tree {
    /// Reads a folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        fn walk(tree: &mut Tree, folder: &Path, prefix: &str) -> io::Result<()> {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let kind = entry.file_type()?;
                let node = match () {
                    () if kind.is_dir() => Node::Folder,
                    () if kind.is_file() => Node::File(fs::read(entry.path())?),
                    () => Node::Other,
                };
                tree.0.insert(path.clone(), node);
                if kind.is_dir() {
                    walk(tree, &entry.path(), &format!("{path}/"))?;
                }
            }
            Ok(())
        }
        let mut tree = Self::default();
        walk(&mut tree, root, "")?;
        Ok(tree)
    }

    /// Writes the entries into a folder; those that are hidden become a day old.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        for (path, node) in &self.0 {
            match node {
                Node::Folder => fs::create_dir(root.join(path))?,
                Node::File(content) => fs::write(root.join(path), content)?,
                Node::Other => return Err(io::ErrorKind::Unsupported.into()),
            }
        }
        make_old(root, self)
    }

    /// Adds a whole project at `path` that says the name `says`.
    pub fn project(&mut self, path: &str, says: &ProjectName) {
        self.0.insert(path.to_owned(), Node::Folder);
        for folder in CHARACTER.directories {
            self.0.insert(format!("{path}/{folder}"), Node::Folder);
        }
        for file in CHARACTER.files {
            self.file(&format!("{path}/{}", file.path), &file.render(says));
        }
    }

    /// Adds a folder.
    pub fn folder(&mut self, path: &str) {
        self.0.insert(path.to_owned(), Node::Folder);
    }

    /// Adds or replaces a file.
    pub fn file(&mut self, path: &str, content: &str) {
        self.0.insert(path.to_owned(), Node::File(content.into()));
    }

    /// The same with another name for a project.
    pub fn renamed(&self, old: &str, new: &str) -> Self {
        let renamed = self.0.iter().map(|(path, node)| {
            let rest = path.strip_prefix(old);
            let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let path = rest.map_or_else(|| path.clone(), |rest| format!("{new}{rest}"));
            (path, node.clone())
        });
        Self(renamed.collect())
    }

    /// What people and other programs see: without the entries that are podslate's own affair.
    pub fn visible(&self) -> Self {
        let visible = self.0.iter().filter(|(path, _)| !is_hidden(path));
        Self(
            visible
                .map(|(path, node)| (path.clone(), node.clone()))
                .collect(),
        )
    }

    /// Whether every entry of `other` is in this one, and the same.
    pub fn has(&self, other: &Self) -> bool {
        let is_same = |(path, node): (&String, &Node)| self.0.get(path) == Some(node);
        other.0.iter().all(is_same)
    }

    /// The entries that are podslate's own affair.
    pub fn hidden(&self) -> Vec<&str> {
        let hidden = self.0.keys().filter(|path| is_hidden(path));
        hidden.map(String::as_str).collect()
    }

    /// How many files hold this text.
    pub fn count(&self, text: &str) -> usize {
        let holds = |node: &&Node| match node {
            Node::File(content) => String::from_utf8_lossy(content).contains(text),
            _ => false,
        };
        self.0.values().filter(holds).count()
    }

    /// The projects' folders by name: every folder that is not hidden.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(path, node)| {
            let is_top = !path.contains('/') && !path.starts_with('.');
            (is_top && *node == Node::Folder).then_some(path.as_str())
        })
    }

    /// The project's configuration, if it can be parsed.
    pub fn config(&self, project: &str) -> Option<Value> {
        match self.0.get(&format!("{project}/pipeline/config.json")) {
            Some(Node::File(content)) => serde_json::from_slice(content).ok(),
            _ => None,
        }
    }

    /// Whether every folder and file of the layout is in the project.
    pub fn is_whole(&self, project: &str) -> bool {
        let has = |path: &&str| self.0.contains_key(&format!("{project}/{path}"));
        CHARACTER.directories.iter().all(has) && self.config(project).is_some()
    }
}

/// Makes what is hidden in a workspace a day old, so that recovery takes it as abandoned.
///
/// # Errors
/// A time cannot be set.
pub fn make_old(root: &Path, tree: &Tree) -> io::Result<()> {
    for path in tree.hidden() {
        File::open(root.join(path))?.set_modified(SystemTime::now() - A_DAY)?;
    }
    Ok(())
}

fn is_hidden(path: &str) -> bool {
    path.split('/')
        .any(|part| part.starts_with(".podslate-tmp-") || part.starts_with(".podslate-trash-"))
}
