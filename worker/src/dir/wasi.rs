//! [`Dir`] by calls of WASI preview 1; its methods are those of the module `native`.
//!
//! The calls are direct, because the standard library has no operations relative to a directory,
//! and the C library follows links and reads directories in small pieces.
#![expect(unsafe_code, reason = "the calls are foreign functions of the runtime")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use wasip1::{Filestat, Iovec, Oflags};

use super::types::{Error, Identity, Kind, Result, Stat};

/// An open directory.
pub struct Dir {
    fd: wasip1::Fd,
    /// Rights that what is opened in it can have.
    inheriting: wasip1::Rights,
    /// Whether the runtime opened it, for the whole program.
    is_granted: bool,
}

/// Size of the buffer for a directory's entries at first, in bytes.
const MIN_BUFFER: usize = 64 * 1024;
const MAX_BUFFER: u64 = 16 << 20;
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
    /// A directory that the runtime opened is used as it is; others are below one of those.
    pub fn open(path: &str) -> Result<Self> {
        let granted = granted(path);
        let fd = match granted {
            Some(fd) => fd,
            None => {
                let path = only_directory(path);
                let opened = rustix::fs::open(path, OFlags::RDONLY, Mode::empty())?;
                opened.into_raw_fd() as wasip1::Fd
            }
        };
        let mut dir = Self {
            fd,
            inheriting: 0,
            is_granted: granted.is_some(),
        };
        // SAFETY: the descriptor is open as long as `dir` lives.
        let stat = unsafe { wasip1::fd_fdstat_get(fd) }?;
        dir.inheriting = stat.fs_rights_inheriting;
        match stat.fs_filetype {
            wasip1::FILETYPE_DIRECTORY => Ok(dir),
            _ => Err(Error::NotDirectory),
        }
    }

    /// The entry itself must be what was opened: the path that opens nothing but a directory
    /// follows links.
    pub fn open_dir(&self, name: &str) -> Result<Self> {
        let stat = self.stat(name)?.ok_or(Error::Missing)?;
        match stat.kind {
            Kind::Directory => {}
            Kind::Link => return Err(Error::Link),
            _ => return Err(Error::NotDirectory),
        }
        let dir = self.open_new_dir(&only_directory(name))?;
        if dir.identity()? != stat.identity {
            return Err(Error::Link);
        }
        Ok(dir)
    }

    pub fn open_new_dir(&self, path: &str) -> Result<Self> {
        Ok(Self {
            fd: self.open_at(path, wasip1::OFLAGS_DIRECTORY, 0, 0)?,
            inheriting: self.inheriting,
            is_granted: false,
        })
    }

    pub fn create_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_create_directory(self.fd, path) }?)
    }

    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags = wasip1::OFLAGS_CREAT | wasip1::OFLAGS_EXCL;
        let rights = wasip1::RIGHTS_FD_WRITE | wasip1::RIGHTS_FD_SYNC;
        let mut file = File::from(self.open_file(path, flags, rights, 0)?);
        file.write_all(bytes)?;
        // No second attempt after a failed sync: the kernel may have dropped the bytes.
        Ok(file.sync_all()?)
    }

    pub fn create_empty(&self, path: &str) -> Result<()> {
        let flags = wasip1::OFLAGS_CREAT | wasip1::OFLAGS_EXCL;
        let rights = wasip1::RIGHTS_FD_WRITE;
        self.open_file(path, flags, rights, 0).map(drop)
    }

    /// What is there is looked at first: opening something else to write could wait.
    pub fn append(&self, path: &str, bytes: &[u8], max: u64) -> Result<()> {
        if let Some(stat) = self.stat(path)? {
            stat.check_file(max)?;
        }
        let flags = wasip1::OFLAGS_CREAT;
        let rights = wasip1::RIGHTS_FD_WRITE;
        let file = self.open_file(path, flags, rights, wasip1::FDFLAGS_APPEND)?;
        Ok(File::from(file).write_all(bytes)?)
    }

    /// WASI has no calls for owners and permissions. podslate's sandbox takes them over at a call
    /// that changes nothing elsewhere: to set neither of the times of the new, still empty file.
    pub fn write_like(
        &self,
        _model: &str,
        path: &str,
        bytes: &[u8],
        (granted, whole_path): (&Self, &str),
    ) -> Result<()> {
        let flags = wasip1::OFLAGS_CREAT | wasip1::OFLAGS_EXCL;
        let rights = wasip1::RIGHTS_FD_WRITE | wasip1::RIGHTS_FD_SYNC;
        let mut file = File::from(self.open_file(path, flags, rights, 0)?);
        // SAFETY: the descriptor is open as long as `granted` lives. Other runtimes may refuse it.
        let _ =
            unsafe { wasip1::path_filestat_set_times(granted.fd, NO_FOLLOW, whole_path, 0, 0, 0) };
        file.write_all(bytes)?;
        Ok(file.sync_all()?)
    }

    pub(super) fn read_open(&self, name: &str, max: u64) -> Result<Vec<u8>> {
        let rights = wasip1::RIGHTS_FD_READ | wasip1::RIGHTS_FD_FILESTAT_GET;
        let file = self.open_at(name, 0, rights, 0)?;
        // SAFETY: nothing else owns the new descriptor.
        let _file = unsafe { OwnedFd::from_raw_fd(file as RawFd) };
        let stat = stat_of(file)?;
        stat.check_file(max)?;
        let mut bytes = vec![0; stat.size as usize];
        let mut used = 0;
        while used < bytes.len() {
            let rest = &mut bytes[used..];
            let (buf, buf_len) = (rest.as_mut_ptr(), rest.len());
            // SAFETY: the pointer and the length are those of one live buffer, and the descriptor
            // is open as long as `_file` lives.
            match unsafe { wasip1::fd_read(file, &[Iovec { buf, buf_len }]) }? {
                0 => break,
                read => used += read,
            }
        }
        bytes.truncate(used);
        Ok(bytes)
    }

    pub fn has_new_file(&self, path: &str) -> bool {
        self.open_file(path, 0, wasip1::RIGHTS_FD_READ, 0).is_ok()
    }

    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_rename(self.fd, old, self.fd, new) }?)
    }

    pub fn remove_file(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_unlink_file(self.fd, path) }?)
    }

    pub fn remove_dir(&self, path: &str) -> Result<()> {
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_remove_directory(self.fd, path) }?)
    }

    pub fn stat(&self, path: &str) -> Result<Option<Stat>> {
        // SAFETY: the descriptor is open as long as `self` lives.
        match unsafe { wasip1::path_filestat_get(self.fd, NO_FOLLOW, path) } {
            Ok(stat) => Ok(Some(to_stat(&stat))),
            Err(wasip1::ERRNO_NOENT | wasip1::ERRNO_NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub fn identity(&self) -> Result<Identity> {
        Ok(stat_of(self.fd)?.identity)
    }

    /// A runtime reads the whole directory at every call, so one call asks for everything: in small
    /// pieces the cost would grow with the square of the number of entries.
    pub fn entries(&self) -> Result<Vec<(String, bool)>> {
        // Most file systems need at least a quarter of a record's size for an entry.
        let size = 4 * stat_of(self.fd)?.size.min(MAX_BUFFER / 4) as usize;
        let mut buffer = vec![0; size.max(MIN_BUFFER)];
        let mut attempts = MAX_RETRIES;
        loop {
            let (start, length) = (buffer.as_mut_ptr(), buffer.len());
            // SAFETY: the pointer and the length are those of one live buffer, and the descriptor
            // is open as long as `self` lives.
            match unsafe { wasip1::fd_readdir(self.fd, start, length, 0) } {
                Ok(used) if used < length => return Ok(parse_entries(&buffer[..used])),
                Ok(_) => buffer.resize(length * 4, 0),
                // A runtime that inspects each entry fails if one disappears during the read.
                Err(wasip1::ERRNO_NOENT) if attempts > 0 => attempts -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn open_file(
        &self,
        path: &str,
        flags: Oflags,
        rights: wasip1::Rights,
        mode: wasip1::Fdflags,
    ) -> Result<OwnedFd> {
        let fd = self.open_at(path, flags, rights, mode)?;
        // SAFETY: nothing else owns the new descriptor.
        Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
    }

    fn open_at(
        &self,
        path: &str,
        flags: Oflags,
        rights: wasip1::Rights,
        mode: wasip1::Fdflags,
    ) -> Result<wasip1::Fd> {
        let base = if rights == 0 {
            self.inheriting & !WRITE_RIGHTS
        } else {
            rights
        };
        let inheriting = self.inheriting;
        // SAFETY: the descriptor is open as long as `self` lives.
        Ok(unsafe { wasip1::path_open(self.fd, NO_FOLLOW, path, flags, base, inheriting, mode) }?)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if !self.is_granted {
            // SAFETY: the descriptor is open, and nothing else owns it.
            let _ = unsafe { wasip1::fd_close(self.fd) };
        }
    }
}

unsafe extern "C" {
    /// Finds the directory that the runtime opened above `path`, and the rest of the path.
    fn __wasilibc_find_relpath(
        path: *const c_char,
        prefix: *mut *const c_char,
        rest: *mut *mut c_char,
        size: usize,
    ) -> c_int;
}

/// Descriptor of the directory at `path` if the runtime opened it.
fn granted(path: &str) -> Option<wasip1::Fd> {
    let path = CString::new(path).ok()?;
    let mut buffer = [0; 64];
    let (mut prefix, mut rest) = (ptr::null(), buffer.as_mut_ptr());
    // SAFETY: the path ends with a zero, and the size is that of the buffer. The rest of the path
    // is in the buffer or in the path.
    let (fd, rest) = unsafe {
        match __wasilibc_find_relpath(path.as_ptr(), &mut prefix, &mut rest, buffer.len()) {
            -1 => return None,
            fd => (fd, CStr::from_ptr(rest)),
        }
    };
    (rest == c".").then_some(fd as wasip1::Fd)
}

/// Path under which only a directory can be opened. A runtime may look at the type only after
/// opening, which for a pipe waits until somebody writes into it.
fn only_directory(path: &str) -> String {
    format!("{path}/")
}

fn stat_of(fd: wasip1::Fd) -> Result<Stat> {
    // SAFETY: the call gets no memory of this program.
    Ok(to_stat(&unsafe { wasip1::fd_filestat_get(fd) }?))
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
            wasip1::FILETYPE_REGULAR_FILE => Kind::File,
            _ => Kind::Special,
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
