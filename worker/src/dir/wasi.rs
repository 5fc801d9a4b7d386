//! [`Dir`] by calls of WASI preview 1; its methods are those of the module `native`.
//!
//! The calls are direct, because the standard library has no operations relative to a directory,
//! and the C library follows links and reads directories in small pieces.
#![expect(unsafe_code, reason = "the calls are foreign functions of the runtime")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use wasip1::{Filestat, Oflags};

use super::types::{Error, Identity, Kind, Result, Stat};

/// An open directory.
pub struct Dir(OwnedFd);

/// Maximum number of times to read a directory again because an entry disappeared during the read.
const MAX_RETRIES: usize = 100;
/// One second, in nanoseconds.
const SECOND: u64 = 1_000_000_000;

const NO_FOLLOW: wasip1::Lookupflags = 0;

/// Rights for which a runtime opens an entry for writing, which no directory allows.
const WRITE_RIGHTS: wasip1::Rights = wasip1::RIGHTS_FD_DATASYNC
    | wasip1::RIGHTS_FD_WRITE
    | wasip1::RIGHTS_FD_ALLOCATE
    | wasip1::RIGHTS_FD_FILESTAT_SET_SIZE;

impl Dir {
    /// The C library knows to which directories the runtime grants access.
    pub fn open(path: &str) -> Result<Self> {
        let dir = Self(rustix::fs::open(path, OFlags::RDONLY, Mode::empty())?);
        // SAFETY: the descriptor is open as long as `dir` lives.
        match unsafe { wasip1::fd_fdstat_get(dir.fd()) }?.fs_filetype {
            wasip1::FILETYPE_DIRECTORY => Ok(dir),
            _ => Err(Error::NotDirectory),
        }
    }

    pub fn open_dir(&self, path: &str) -> Result<Self> {
        self.open_at(path, wasip1::OFLAGS_DIRECTORY, 0).map(Self)
    }

    pub fn create_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_create_directory(self.fd(), path) }?)
    }

    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags = wasip1::OFLAGS_CREAT | wasip1::OFLAGS_EXCL;
        let rights = wasip1::RIGHTS_FD_WRITE | wasip1::RIGHTS_FD_SYNC;
        let mut file = File::from(self.open_at(path, flags, rights)?);
        file.write_all(bytes)?;
        // No second attempt after a failed sync: the kernel may have dropped the bytes.
        Ok(file.sync_all()?)
    }

    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        if self.kind(path)? == Some(Kind::Directory) {
            return Err(Error::IsDirectory);
        }
        let mut bytes = Vec::new();
        File::from(self.open_at(path, 0, wasip1::RIGHTS_FD_READ)?).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_rename(self.fd(), old, self.fd(), new) }?)
    }

    pub fn remove_file(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_unlink_file(self.fd(), path) }?)
    }

    pub fn remove_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_remove_directory(self.fd(), path) }?)
    }

    pub fn stat(&self, path: &str) -> Result<Option<Stat>> {
        // SAFETY: the descriptor is open as long as `self` lives.
        match unsafe { wasip1::path_filestat_get(self.fd(), NO_FOLLOW, path) } {
            Ok(stat) => Ok(Some(to_stat(&stat))),
            Err(wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub fn identity(&self) -> Result<Identity> {
        // SAFETY: the descriptor is open as long as `self` lives.
        let stat = unsafe { wasip1::fd_filestat_get(self.fd()) }?;
        Ok(to_stat(&stat).identity)
    }

    /// A runtime reads the whole directory at every call, so one call asks for everything: in small
    /// pieces the cost would grow with the square of the number of entries.
    pub fn entries(&self) -> Result<Vec<(String, bool)>> {
        let mut buffer = vec![0; 64 * 1024];
        let mut attempts = MAX_RETRIES;
        loop {
            let (start, length) = (buffer.as_mut_ptr(), buffer.len());
            // SAFETY: the pointer and the length are those of one live buffer, and the descriptor
            // is open as long as `self` lives.
            match unsafe { wasip1::fd_readdir(self.fd(), start, length, 0) } {
                Ok(used) if used < length => return Ok(parse_entries(&buffer[..used])),
                Ok(_) => buffer.resize(length * 4, 0),
                // A runtime that inspects each entry fails if one disappears during the read.
                Err(wasip1::ERRNO_NOENT) if attempts > 0 => attempts -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn open_at(&self, path: &str, flags: Oflags, rights: wasip1::Rights) -> Result<OwnedFd> {
        let fd = self.fd();
        // SAFETY: the descriptor is open as long as `self` lives.
        let inheriting = unsafe { wasip1::fd_fdstat_get(fd) }?.fs_rights_inheriting;
        let base = if rights == 0 {
            inheriting & !WRITE_RIGHTS
        } else {
            rights
        };
        // SAFETY: as above; nothing else owns the new descriptor.
        unsafe {
            let opened = wasip1::path_open(fd, NO_FOLLOW, path, flags, base, inheriting, 0)?;
            Ok(OwnedFd::from_raw_fd(opened as RawFd))
        }
    }

    fn fd(&self) -> wasip1::Fd {
        self.0.as_raw_fd() as wasip1::Fd
    }
}

pub fn clock() -> u64 {
    // SAFETY: the call gets no memory of this program.
    unsafe { wasip1::clock_time_get(wasip1::CLOCKID_MONOTONIC, 0) }.map_or(0, |now| now / SECOND)
}

fn to_stat(stat: &Filestat) -> Stat {
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

impl From<wasip1::Errno> for Error {
    fn from(error: wasip1::Errno) -> Self {
        Errno::from_raw_os_error(error.raw().into()).into()
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        // Without a number, the standard library itself found that the runtime does not grant
        // access.
        Errno::from_io_error(&error).map_or(Self::NotOpened, Self::from)
    }
}

/// Parses the records of `fd_readdir`: 24 bytes (next, inode, length of the name, type), then the
/// name.
fn parse_entries(mut bytes: &[u8]) -> Vec<(String, bool)> {
    const HEADER: usize = 24;
    let mut all = Vec::new();
    while let Some((header, rest)) = bytes.split_at_checked(HEADER) {
        let length = u32::from_le_bytes([header[16], header[17], header[18], header[19]]) as usize;
        let Some((name, rest)) = rest.split_at_checked(length) else {
            break;
        };
        if name != b"." && name != b".." {
            let directory = header[20] == wasip1::FILETYPE_DIRECTORY.raw();
            all.push((String::from_utf8_lossy(name).into_owned(), directory));
        }
        bytes = rest;
    }
    all
}
