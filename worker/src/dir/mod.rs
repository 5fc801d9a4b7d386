//! A directory as a capability: every operation is relative to an open directory and follows no
//! link, so no rename and no link that appears elsewhere can redirect it.
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
    /// Kind of an entry, or `None` if it is missing.
    pub fn kind(&self, path: &str) -> Result<Option<Kind>> {
        Ok(self.stat(path)?.map(|stat| stat.kind))
    }

    /// Identity of an entry, or `None` if it is missing.
    pub fn identity_of(&self, path: &str) -> Result<Option<Identity>> {
        Ok(self.stat(path)?.map(|stat| stat.identity))
    }
}
