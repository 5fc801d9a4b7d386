//! [`Dir`] through the calls of WASI preview 1.
//!
//! They are called directly: the standard library has no interface relative to a directory, and
//! the C library follows links and reads directories in small pieces.
#![expect(unsafe_code, reason = "each call is a foreign function of the runtime")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use wasip1::{Errno, Fdflags, Filestat, Oflags};

use super::{Error, Identity, Kind, Result, Stat};

/// An open directory.
pub struct Dir(OwnedFd);

/// So often a directory is read again because an entry vanished meanwhile.
const MOST_READS: usize = 100;
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

const FOLLOW_NO_LINK: wasip1::Lookupflags = 0;

/// Rights that make a runtime open for writing, which no directory can be.
const OF_FILES_OPEN_TO_WRITE: wasip1::Rights = wasip1::RIGHTS_FD_DATASYNC
    | wasip1::RIGHTS_FD_WRITE
    | wasip1::RIGHTS_FD_ALLOCATE
    | wasip1::RIGHTS_FD_FILESTAT_SET_SIZE;

impl Dir {
    /// Opens a directory that the user named, by the C library, which knows what the runtime
    /// opened; links are followed.
    pub fn open(path: &str) -> Result<Self> {
        let opened = rustix::fs::open(path, OFlags::RDONLY, Mode::empty());
        let dir = Self(opened.map_err(|error| number(error.raw_os_error()))?);
        // SAFETY: the descriptor is open as long as `dir` lives.
        match unsafe { wasip1::fd_fdstat_get(dir.fd()) }?.fs_filetype {
            wasip1::FILETYPE_DIRECTORY => Ok(dir),
            _ => Err(Error::NotDirectory),
        }
    }

    /// Opens a directory in this one.
    pub fn open_dir(&self, path: &str) -> Result<Self> {
        self.open_at(path, wasip1::OFLAGS_DIRECTORY, 0).map(Self)
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_create_directory(self.fd(), path) }?)
    }

    /// Makes a file that must not exist yet, and waits until its bytes are on the disk.
    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags = wasip1::OFLAGS_CREAT | wasip1::OFLAGS_EXCL;
        let rights = wasip1::RIGHTS_FD_WRITE | wasip1::RIGHTS_FD_SYNC;
        let mut file = File::from(self.open_at(path, flags, rights)?);
        file.write_all(bytes)?;
        // A failed sync is not tried again: the kernel may have dropped the bytes by then.
        Ok(file.sync_all()?)
    }

    /// Reads a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        if self.kind(path)? == Some(Kind::Directory) {
            return Err(Error::IsDirectory);
        }
        let mut bytes = Vec::new();
        File::from(self.open_at(path, 0, wasip1::RIGHTS_FD_READ)?).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Renames an entry of this directory within it.
    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_rename(self.fd(), old, self.fd(), new) }?)
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_unlink_file(self.fd(), path) }?)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_remove_directory(self.fd(), path) }?)
    }

    /// What there is to know of an entry, or `None` if there is none.
    pub fn stat(&self, path: &str) -> Result<Option<Stat>> {
        // SAFETY: the descriptor is open as long as `self` lives.
        match unsafe { wasip1::path_filestat_get(self.fd(), FOLLOW_NO_LINK, path) } {
            Ok(stat) => Ok(Some(told(&stat))),
            Err(wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The identity of this directory.
    pub fn identity(&self) -> Result<Identity> {
        // SAFETY: the descriptor is open as long as `self` lives.
        let stat = unsafe { wasip1::fd_filestat_get(self.fd()) }?;
        Ok(told(&stat).identity)
    }

    /// Every entry's name but `.` and `..`, with whether the entry is a directory.
    ///
    /// A runtime reads the directory anew at every call, so it is asked for everything at once:
    /// in small pieces the cost would grow with the square of the entries.
    pub fn entries(&self) -> Result<Vec<(String, bool)>> {
        let mut buffer = vec![0; 64 * 1024];
        let mut attempts = MOST_READS;
        loop {
            let (start, length) = (buffer.as_mut_ptr(), buffer.len());
            // SAFETY: the pointer and the length are those of one live buffer, and the descriptor
            // is open as long as `self` lives.
            match unsafe { wasip1::fd_readdir(self.fd(), start, length, 0) } {
                Ok(used) if used < length => return Ok(parse_entries(&buffer[..used])),
                Ok(_) => buffer.resize(length * 4, 0),
                // A runtime that looks at each entry fails where one vanishes meanwhile.
                Err(wasip1::ERRNO_NOENT) if attempts > 0 => attempts -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn open_at(&self, path: &str, flags: Oflags, rights: wasip1::Rights) -> Result<OwnedFd> {
        const NO_FLAGS: Fdflags = 0;
        // SAFETY: the descriptor is open as long as `self` lives.
        let passed_on = unsafe { wasip1::fd_fdstat_get(self.fd()) }?.fs_rights_inheriting;
        let base = if rights == 0 {
            passed_on & !OF_FILES_OPEN_TO_WRITE
        } else {
            rights
        };
        // SAFETY: as above; the new descriptor belongs to nobody else.
        unsafe {
            let opened = wasip1::path_open(
                self.fd(),
                FOLLOW_NO_LINK,
                path,
                flags,
                base,
                passed_on,
                NO_FLAGS,
            )?;
            Ok(OwnedFd::from_raw_fd(opened as RawFd))
        }
    }

    fn fd(&self) -> wasip1::Fd {
        self.0.as_raw_fd() as wasip1::Fd
    }
}

/// Seconds since some moment before.
pub fn clock() -> u64 {
    // SAFETY: no memory of this program is handed over.
    unsafe { wasip1::clock_time_get(wasip1::CLOCKID_MONOTONIC, 0) }.map_or(0, |now| now / SECOND)
}

fn told(stat: &Filestat) -> Stat {
    Stat {
        kind: match stat.filetype {
            wasip1::FILETYPE_DIRECTORY => Kind::Directory,
            wasip1::FILETYPE_SYMBOLIC_LINK => Kind::Link,
            _ => Kind::File,
        },
        identity: Identity(stat.dev, stat.ino),
        modified: (stat.mtim / SECOND) as i64,
        size: stat.size,
    }
}

impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        number(error.raw().into())
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        // The standard library finds by itself that a path leads to no opened directory, and then
        // there is no number.
        error.raw_os_error().map_or(Self::NotOpened, number)
    }
}

fn number(number: i32) -> Error {
    const NAMED: [(Errno, Error); 16] = [
        (wasip1::ERRNO_NOENT, Error::Missing),
        (wasip1::ERRNO_EXIST, Error::Exists),
        (wasip1::ERRNO_NOTEMPTY, Error::NotEmpty),
        (wasip1::ERRNO_NOTDIR, Error::NotDirectory),
        (wasip1::ERRNO_ISDIR, Error::IsDirectory),
        (wasip1::ERRNO_LOOP, Error::Link),
        (wasip1::ERRNO_NOSPC, Error::Full),
        (wasip1::ERRNO_DQUOT, Error::Full),
        (wasip1::ERRNO_FBIG, Error::Full),
        (wasip1::ERRNO_ROFS, Error::ReadOnly),
        (wasip1::ERRNO_ACCES, Error::ReadOnly),
        (wasip1::ERRNO_PERM, Error::ReadOnly),
        (wasip1::ERRNO_ILSEQ, Error::NotUnicode),
        (wasip1::ERRNO_BADF, Error::NotOpened),
        (wasip1::ERRNO_NOTCAPABLE, Error::NotOpened),
        (wasip1::ERRNO_NOTSUP, Error::NotOpened),
    ];
    let named = NAMED
        .iter()
        .find(|(errno, _)| i32::from(errno.raw()) == number);
    named.map_or(Error::Other(number), |(_, error)| *error)
}

/// Takes the records of `fd_readdir` apart: 24 bytes (next, inode, length of the name, type), then
/// the name.
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
