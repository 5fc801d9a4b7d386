//! A directory as a capability: every operation is relative to an open directory and follows no
//! link, so no rename and no link that appears elsewhere can redirect it. Only directories and
//! regular files are opened, so nothing can make it wait.
//!
//! [`Dir`] has two implementations with the same methods: system calls and WASI preview 1.

#[cfg(not(target_os = "wasi"))]
mod native;
mod types;
#[cfg(target_os = "wasi")]
mod wasi;

#[cfg(not(target_os = "wasi"))]
pub use native::{Dir, clock};
pub use types::{Error, Identity, Kind, Result};
#[cfg(target_os = "wasi")]
pub use wasi::{Dir, clock};

impl Dir {
    /// Reads a regular file of at most `max` bytes. Anything else is refused before it is opened,
    /// because opening a device can have effects, and again once it is open.
    pub fn read(&self, name: &str, max: u64) -> Result<Vec<u8>> {
        self.stat(name)?.ok_or(Error::Missing)?.check_file(max)?;
        self.read_open(name, max)
    }

    /// Opens the folder of an entry, each folder on the way by itself, and returns the entry's name
    /// in it.
    pub fn open_parent<'p>(&self, path: &'p str) -> Result<(Self, &'p str)> {
        let (folders, name) = path.rsplit_once('/').unwrap_or((".", path));
        let mut folder = self.open_dir(".")?;
        for part in folders.split('/') {
            folder = folder.open_dir(part)?;
        }
        Ok((folder, name))
    }

    /// Kind of an entry, or `None` if it is missing.
    pub fn kind(&self, path: &str) -> Result<Option<Kind>> {
        Ok(self.stat(path)?.map(|stat| stat.kind))
    }

    /// Identity of an entry, or `None` if it is missing.
    pub fn identity_of(&self, path: &str) -> Result<Option<Identity>> {
        Ok(self.stat(path)?.map(|stat| stat.identity))
    }
}
