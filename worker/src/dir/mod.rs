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

    /// Does something to an entry in its folder, given its name there. The folders on the way are
    /// opened one by one, so that none of them is a link.
    pub fn in_parent<T>(
        &self,
        path: &str,
        act: impl FnOnce(&Self, &str) -> Result<T>,
    ) -> Result<T> {
        let mut opened = None;
        let mut rest = path;
        while let Some((name, path)) = rest.split_once('/') {
            opened = Some(opened.as_ref().unwrap_or(self).open_dir(name)?);
            rest = path;
        }
        act(opened.as_ref().unwrap_or(self), rest)
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
