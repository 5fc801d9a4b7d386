//! What tells whether an entry of the disk has changed.

use std::fs::Metadata;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::time::SystemTime;

/// Changes whenever the entry does: its time, and its size if it is a file.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Time of the last change.
    pub modified: Option<SystemTime>,
    size: u64,
    id: FileId,
    /// Device, where the system has numbers for them.
    pub device: Option<u64>,
}

impl PartialEq for Stamp {
    /// Without the identity, which on network volumes may be a new one at every look.
    fn eq(&self, other: &Self) -> bool {
        (self.modified, self.size) == (other.modified, other.size)
    }
}

impl Eq for Stamp {}

impl Stamp {
    /// Stamp of the entry at `path`, or `None` if there is none. Links are not followed.
    pub fn of(path: &Path) -> Option<Self> {
        let found = podslate_disk::metadata_of(path);
        found.ok().map(|entry| (&entry).into())
    }

    /// Whether both are stamps of the same entry, changed or not.
    pub fn is_same_entry(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl From<&Metadata> for Stamp {
    fn from(entry: &Metadata) -> Self {
        Self {
            modified: entry.modified().ok(),
            size: if entry.is_dir() { 0 } else { entry.len() },
            id: FileId::from(entry),
            #[cfg(unix)]
            device: Some(std::os::unix::fs::MetadataExt::dev(entry)),
            #[cfg(not(unix))]
            device: None,
        }
    }
}

impl Hash for Stamp {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.modified, self.size).hash(hasher);
    }
}

/// Tells an entry from another that takes its name: its inode, or the time of its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId(u64);

impl From<&Metadata> for FileId {
    #[cfg(unix)]
    fn from(entry: &Metadata) -> Self {
        Self(std::os::unix::fs::MetadataExt::ino(entry))
    }

    #[cfg(windows)]
    fn from(entry: &Metadata) -> Self {
        Self(std::os::windows::fs::MetadataExt::creation_time(entry))
    }

    #[cfg(not(any(unix, windows)))]
    fn from(_: &Metadata) -> Self {
        Self(0)
    }
}

impl FileId {
    /// Identity of an entry as reading its folder tells it, if it does.
    pub fn of_entry(entry: &podslate_disk::Entry) -> Option<Self> {
        entry.id().map(Self)
    }
}
