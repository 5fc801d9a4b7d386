//! Files of a project on the disk, and the entries that are not sent.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use object_store::path::Path as Key;
use podslate_disk::{Entries, Entry};
use podslate_shared::layout::STAGING_PREFIX;
use podslate_shared::{former, is_junk};
use serde::Serialize;

use crate::error::Result;

#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<LocalFile>,
    /// Entries that a rule excludes.
    pub skipped: Vec<SkippedFile>,
    /// Entries that cannot be read.
    pub unreadable: Vec<SkippedFile>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LocalFile {
    /// Path relative to the project.
    pub path: Key,
    pub size: u64,
    pub modified: SystemTime,
    /// ETag of the content, if it was computed.
    pub tag: Option<String>,
    /// ETag that the storage returned when the file was sent.
    pub stored_tag: Option<String>,
}

impl LocalFile {
    /// A file as it is now, unless it is another kind of entry.
    pub fn new(path: Key, metadata: &Metadata) -> io::Result<Self> {
        if metadata.is_symlink() {
            return Err(excluded("links are not followed"));
        }
        if !metadata.is_file() {
            return Err(excluded("it is neither a file nor a folder"));
        }
        Ok(Self {
            path,
            size: metadata.len(),
            modified: metadata.modified()?,
            tag: None,
            stored_tag: None,
        })
    }
}

/// Entry that is not sent.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct SkippedFile {
    path: String,
    reason: String,
}

impl SkippedFile {
    /// Entry that is not sent because of an error.
    pub fn new(path: String, error: &io::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::NotFound => "it no longer exists".to_owned(),
            ErrorKind::UnexpectedEof => "it changed while it was being sent".to_owned(),
            _ => error.to_string(),
        };
        Self { path, reason }
    }
}

/// Reads all folders of the project in `root`, without following links.
pub fn scan(root: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    let entries = podslate_disk::entries(root).map_err(|error| {
        let reason = format!("`{}`: {}", root.display(), error.kind());
        podslate_shared::Error::IoFailed { reason }
    })?;
    tree.add_all(root, entries, "");
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tree)
}

/// Error for an entry that a rule excludes; those of the system have no inner error.
fn excluded(rule: &str) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, rule)
}

impl Tree {
    fn add_all(&mut self, root: &Path, entries: Entries, folder: &str) {
        for entry in entries {
            let name = entry.as_ref().map(Entry::name).unwrap_or_default();
            let path = format!("{folder}/{}", name.to_string_lossy());
            let path = path.trim_matches('/').to_owned();
            if let Err(error) = entry.and_then(|entry| self.add(root, &entry, &path)) {
                let list = match error.get_ref() {
                    Some(_rule) => &mut self.skipped,
                    None => &mut self.unreadable,
                };
                list.push(SkippedFile::new(path, &error));
            }
        }
    }

    fn add(&mut self, root: &Path, entry: &Entry, path: &str) -> io::Result<()> {
        let name = entry
            .name()
            .to_str()
            .ok_or_else(|| excluded("its name is not valid Unicode"))?;
        if is_junk(name) {
            return Err(excluded("file managers leave it in every folder"));
        }
        if name == former::RECORD_FILE {
            return Ok(());
        }
        if name.starts_with(STAGING_PREFIX) {
            return Err(excluded("it was left by an interrupted podslate command"));
        }
        let key = Key::parse(path).map_err(|_| excluded("its name has a control character"))?;
        // Metadata of the link itself, where the entry is one.
        let metadata = podslate_disk::metadata_of(&root.join(path))?;
        if metadata.is_dir() {
            self.add_all(root, podslate_disk::entries(&root.join(path))?, path);
        } else {
            self.files.push(LocalFile::new(key, &metadata)?);
        }
        Ok(())
    }
}
