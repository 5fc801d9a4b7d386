//! Entries and errors, the same for both implementations.

use std::{fmt, io, result};

use podslate_disk::cause;
use podslate_shared::Cause;
use rustix::io::Errno;

/// Result of an operation on a directory.
pub type Result<T> = result::Result<T, Error>;

/// Kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    Link,
    File,
    /// A device, a pipe or a socket.
    Special,
}

/// Metadata of an entry; of a link, that of the link itself.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    pub kind: Kind,
    pub identity: Identity,
    /// Time of the last change of its content, in seconds by the clock of its file system.
    pub modified: i64,
    /// Size of a file, in bytes.
    pub size: u64,
}

impl Stat {
    /// Refuses everything but a regular file of at most `max` bytes.
    pub fn check_file(&self, max: u64) -> Result<()> {
        match self.kind {
            Kind::File if self.size <= max => Ok(()),
            Kind::File => Err(Error::TooLarge),
            Kind::Directory => Err(Error::IsDirectory),
            Kind::Link => Err(Error::Link),
            Kind::Special => Err(Error::NotAFile),
        }
    }
}

/// Device and inode of an entry, which a rename does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(pub u64, pub u64);

/// Error of an operation, as far as it matters here. `Display` is a part of a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    Missing,
    Exists,
    NotEmpty,
    NotDirectory,
    IsDirectory,
    Link,
    /// Neither a file nor a folder nor a link.
    NotAFile,
    /// The file is larger than the caller reads.
    TooLarge,
    /// A cause that a person can name.
    Named(Cause),
    NotUnicode,
    NotOpened,
    /// Any other error, with its number in the system.
    Other(i32),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "an entry is missing",
            Self::Exists | Self::NotEmpty => "an entry already exists",
            Self::NotDirectory => "found a file instead of a folder",
            Self::IsDirectory => "found a folder instead of a file",
            Self::Link => "found a link instead of a file or folder",
            Self::NotAFile => "found a pipe, a socket or a device instead of a file",
            Self::TooLarge => "a file is too large",
            Self::Named(cause) => {
                let sentence = cause.sentence().trim_end_matches('.');
                let (first, rest) = sentence.split_at_checked(1).unwrap_or_default();
                return write!(f, "{}{rest}", first.to_ascii_lowercase());
            }
            Self::NotUnicode => "a name is not valid Unicode",
            Self::NotOpened => "the runtime does not grant access",
            Self::Other(number) => {
                let text = io::Error::from_raw_os_error(*number).to_string();
                return f.write_str(text.rsplit_once(" (").map_or(&*text, |(reason, _)| reason));
            }
        })
    }
}

impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT => Self::Missing,
            Errno::EXIST => Self::Exists,
            Errno::NOTEMPTY => Self::NotEmpty,
            Errno::NOTDIR => Self::NotDirectory,
            Errno::ISDIR => Self::IsDirectory,
            Errno::LOOP => Self::Link,
            Errno::ILSEQ => Self::NotUnicode,
            #[cfg(target_os = "wasi")]
            Errno::BADF | Errno::NOTCAPABLE | Errno::NOTSUP => Self::NotOpened,
            _ => cause(error).map_or(Self::Other(error.raw_os_error()), Self::Named),
        }
    }
}

impl From<Error> for podslate_shared::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Named(cause) => cause.into(),
            _ => Self::IoFailed {
                reason: error.to_string(),
            },
        }
    }
}
