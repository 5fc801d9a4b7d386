//! Why a file was not read.

use std::io::{self, ErrorKind};

use crate::system;

/// Why a file was not read. `Display` is a part of a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// There is no entry of that name.
    #[error("it does not exist")]
    Missing,
    /// A folder on the way to it is a link or a file.
    #[error("a folder of its path is a link or a file")]
    NoFolder,
    /// It is a link.
    #[error("it is a link, which podslate does not follow")]
    Link,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is a pipe, a socket or a device.
    #[error("it is not a regular file")]
    Special,
    /// It has more bytes than wanted.
    #[error("it is too large")]
    TooLarge,
    /// The system does not let this program read it.
    #[error("{0}")]
    Failed(io::Error),
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::NotADirectory => Self::NoFolder,
            _ if system::is_link(&error) => Self::NoFolder,
            _ => Self::Failed(error),
        }
    }
}

impl From<NotRead> for io::Error {
    fn from(reason: NotRead) -> Self {
        match reason {
            NotRead::Failed(error) => error,
            NotRead::Missing => ErrorKind::NotFound.into(),
            other => Self::new(ErrorKind::InvalidInput, other.to_string()),
        }
    }
}
