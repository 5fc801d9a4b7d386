//! A directory as a capability: everything happens relative to an open directory and follows no
//! link, so that no rename or link swapped in elsewhere can lead it astray.
//!
//! [`Dir`] exists twice with the same methods: through the system's calls, and through those of
//! WASI preview 1.

#[cfg(not(target_os = "wasi"))]
mod native;
#[cfg(target_os = "wasi")]
mod wasi;

use std::io;

#[cfg(not(target_os = "wasi"))]
pub use native::{Dir, clock};
#[cfg(target_os = "wasi")]
pub use wasi::{Dir, clock};

/// What an operation of this room ends in.
pub type Result<T> = std::result::Result<T, Error>;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A file, or anything else.
    File,
}

/// What there is to know of an entry without opening it; of a link, of the link itself.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Which one it is.
    pub identity: Identity,
    /// When its content last changed, in seconds by the clock of its file system.
    pub modified: i64,
    /// A file's size in bytes.
    pub size: u64,
}

/// An entry's identity on its file system, which a rename keeps: device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(u64, u64);

impl Dir {
    /// What an entry is, or `None` if there is none.
    pub fn kind(&self, path: &str) -> Result<Option<Kind>> {
        Ok(self.stat(path)?.map(|stat| stat.kind))
    }

    /// The identity of an entry, or `None` if there is none.
    pub fn identity_of(&self, path: &str) -> Result<Option<Identity>> {
        Ok(self.stat(path)?.map(|stat| stat.identity))
    }
}

/// Why an operation failed, as far as it makes a difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such entry.
    Missing,
    /// There is such an entry already.
    Exists,
    /// The directory in that place has entries.
    NotEmpty,
    /// What should be a directory is none.
    NotDirectory,
    /// What should be a file is a directory.
    IsDirectory,
    /// What should be an entry itself is a link.
    Link,
    /// The disk or the quota is used up.
    Full,
    /// Writing is not allowed.
    ReadOnly,
    /// A name is not Unicode.
    NotUnicode,
    /// The runtime did not open such a directory for this program.
    #[cfg_attr(
        not(target_os = "wasi"),
        expect(dead_code, reason = "only runtimes say so")
    )]
    NotOpened,
    /// Anything else, with the system's number.
    Other(i32),
}

impl Error {
    /// The system's words, to stand in the middle of a sentence.
    pub fn words(self) -> String {
        match self {
            Self::Other(number) => {
                let text = io::Error::from_raw_os_error(number).to_string();
                text.rsplit_once('(')
                    .map_or(&*text, |(words, _)| words.trim_end())
                    .to_owned()
            }
            Self::Missing => "an entry is missing".to_owned(),
            Self::Exists | Self::NotEmpty => "an entry exists".to_owned(),
            Self::NotDirectory => "a file stands where a folder belongs".to_owned(),
            Self::IsDirectory => "a folder stands where a file belongs".to_owned(),
            Self::Link => "a link stands where a file or folder belongs".to_owned(),
            Self::Full => "the disk is full".to_owned(),
            Self::ReadOnly => "writing is not allowed".to_owned(),
            Self::NotUnicode => "a name is not valid Unicode".to_owned(),
            Self::NotOpened => "it was not opened for this program".to_owned(),
        }
    }
}
