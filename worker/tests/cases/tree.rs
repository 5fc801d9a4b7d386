//! Directory tree as a value: every entry with its content.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;

/// Every entry below a directory; a file has content, a directory has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Option<String>>);

impl Tree {
    /// Reads a directory.
    pub fn read(root: &Path) -> Self {
        fn walk(tree: &mut Tree, directory: &Path, prefix: &str) {
            for entry in fs::read_dir(directory).expect("a directory can be read") {
                let entry = entry.expect("an entry can be read");
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.file_type().expect("an entry has a type").is_dir() {
                    tree.dir(&path);
                    walk(tree, &entry.path(), &format!("{path}/"));
                } else {
                    let content = fs::read_to_string(entry.path()).expect("a file can be read");
                    tree.file(&path, &content);
                }
            }
        }
        let mut tree = Self::default();
        walk(&mut tree, root, "");
        tree
    }

    /// Writes the entries into a directory.
    pub fn write(&self, root: &Path) {
        for (path, content) in &self.0 {
            match content {
                None => fs::create_dir(root.join(path)),
                Some(content) => fs::write(root.join(path), content),
            }
            .expect("an entry can be written");
        }
    }

    /// Adds a directory.
    pub fn dir(&mut self, path: &str) {
        self.0.insert(path.to_owned(), None);
    }

    /// Adds directories.
    pub fn dirs(&mut self, paths: &[&str]) {
        paths.iter().for_each(|path| self.dir(path));
    }

    /// Adds or replaces a file.
    pub fn file(&mut self, path: &str, content: &str) {
        self.0.insert(path.to_owned(), Some(content.to_owned()));
    }

    /// Adds a complete project with the name of its folder.
    pub fn project(&mut self, path: &str) {
        self.project_of(path, path.rsplit('/').next().unwrap_or(path));
    }

    /// Adds a complete project whose configuration has the name `name`.
    pub fn project_of(&mut self, path: &str, name: &str) {
        self.dir(path);
        for directory in CHARACTER.directories {
            self.dir(&format!("{path}/{directory}"));
        }
        self.file(&format!("{path}/pipeline/config.json"), &config_of(name));
    }

    /// Removes an entry and everything below it.
    pub fn remove(&mut self, path: &str) {
        self.0
            .retain(|entry, _| entry != path && !entry.starts_with(&format!("{path}/")));
    }

    /// Renames a top-level entry.
    pub fn rename(&mut self, old: &str, new: &str) {
        let renamed = std::mem::take(&mut self.0)
            .into_iter()
            .map(|(path, content)| {
                let rest = path
                    .strip_prefix(old)
                    .filter(|rest| rest.is_empty() || rest.starts_with('/'));
                (
                    rest.map_or(path.clone(), |rest| format!("{new}{rest}")),
                    content,
                )
            });
        self.0 = renamed.collect();
    }
}

/// Configuration of a new project, from the layout itself.
pub fn config_of(name: &str) -> String {
    CHARACTER.files[0].render(&ProjectName::parse(name).expect("a valid name"))
}
