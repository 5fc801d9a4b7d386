//! A directory as a capability: everything happens relative to an open directory, so that no
//! rename or link swapped in elsewhere can lead it astray.

use std::io::{self, Read, Write};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

pub use rustix::io::Errno as Error;

/// What an operation of this room ends in.
pub type Result<T> = std::result::Result<T, Errno>;

/// An open directory.
pub struct Dir(OwnedFd);

/// What an entry is, never following a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A file, or anything else.
    File,
}

/// An entry's identity on its file system, which a rename keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Identity(u64, u64);

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Dir {
    /// Opens a directory that the user named; links are followed.
    pub fn open(path: &str) -> Result<Self> {
        rustix::fs::open(path, DIRECTORY, Mode::empty()).map(Self)
    }

    /// Opens a directory in this one; a link in its place is refused.
    pub fn open_dir(&self, path: &str) -> Result<Self> {
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        rustix::fs::openat(&self.0, path, flags, Mode::empty()).map(Self)
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: &str) -> Result<()> {
        rustix::fs::mkdirat(&self.0, path, Mode::from_raw_mode(0o777))
    }

    /// Makes a file that must not exist yet, and waits until its bytes are on the disk.
    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.0, path, flags, Mode::from_raw_mode(0o666))?;
        let mut file = std::fs::File::from(file);
        file.write_all(bytes).map_err(errno)?;
        // A failed sync is not tried again: the kernel may have dropped the bytes by then.
        rustix::fs::fsync(&file)
    }

    /// Reads a file; a link in its place is refused.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.0, path, flags, Mode::empty())?;
        let mut bytes = Vec::new();
        std::fs::File::from(file)
            .read_to_end(&mut bytes)
            .map_err(errno)?;
        Ok(bytes)
    }

    /// Renames an entry of this directory within it.
    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        rustix::fs::renameat(&self.0, old, &self.0, new)
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) -> Result<()> {
        rustix::fs::unlinkat(&self.0, path, AtFlags::empty())
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: &str) -> Result<()> {
        rustix::fs::unlinkat(&self.0, path, AtFlags::REMOVEDIR)
    }

    /// What an entry is, or `None` if there is none.
    pub fn kind(&self, path: &str) -> Result<Option<Kind>> {
        Ok(self
            .stat(path)?
            .map(|stat| match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Kind::Directory,
                FileType::Symlink => Kind::Link,
                _ => Kind::File,
            }))
    }

    /// The identity of an entry, or `None` if there is none.
    pub fn identity_of(&self, path: &str) -> Result<Option<Identity>> {
        Ok(self.stat(path)?.map(|stat| identity(&stat)))
    }

    /// The identity of this directory.
    pub fn identity(&self) -> Result<Identity> {
        rustix::fs::fstat(&self.0).map(|stat| identity(&stat))
    }

    /// Every entry's name but `.` and `..`, with whether the entry is a directory.
    pub fn entries(&self) -> Result<Vec<(String, bool)>> {
        entries(self.0.as_fd())
    }

    fn stat(&self, path: &str) -> Result<Option<Stat>> {
        match rustix::fs::statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The number behind an error of the standard library.
fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

#[expect(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "types differ by target"
)]
fn identity(stat: &Stat) -> Identity {
    Identity(stat.st_dev as u64, u64::from(stat.st_ino))
}

#[cfg(not(target_os = "wasi"))]
fn entries(directory: BorrowedFd<'_>) -> Result<Vec<(String, bool)>> {
    let mut all = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            all.push((name, entry.file_type() == FileType::Directory));
        }
    }
    Ok(all)
}

/// Reads the whole directory in as few calls as can be: a runtime lists it anew at every call, so
/// the small buffer of the C library would make the cost grow with the square of the entries.
#[cfg(target_os = "wasi")]
fn entries(directory: BorrowedFd<'_>) -> Result<Vec<(String, bool)>> {
    use rustix::fd::AsRawFd;

    let mut buffer = vec![0; 64 * 1024];
    loop {
        let fd = directory.as_raw_fd() as wasip1::Fd;
        // SAFETY: the pointer and the length are those of one live buffer.
        let used = unsafe { wasip1::fd_readdir(fd, buffer.as_mut_ptr(), buffer.len(), 0) };
        let used = used.map_err(|error| Errno::from_raw_os_error(error.raw().into()))?;
        if used < buffer.len() {
            return Ok(parse_entries(&buffer[..used]));
        }
        buffer.resize(buffer.len() * 4, 0);
    }
}

/// Takes the records of `fd_readdir` apart: 24 bytes (next, inode, length of the name, type), then
/// the name.
#[cfg(target_os = "wasi")]
fn parse_entries(mut bytes: &[u8]) -> Vec<(String, bool)> {
    const HEAD: usize = 24;
    let mut all = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(HEAD) {
        let length = u32::from_le_bytes([head[16], head[17], head[18], head[19]]) as usize;
        let Some((name, rest)) = rest.split_at_checked(length) else {
            break;
        };
        if name != b"." && name != b".." {
            let directory = head[20] == wasip1::FILETYPE_DIRECTORY.raw();
            all.push((String::from_utf8_lossy(name).into_owned(), directory));
        }
        bytes = rest;
    }
    all
}
