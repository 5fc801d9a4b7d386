//! By system calls relative to open folders.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// For the status of an entry, which is not opened itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
const LOOK: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NONBLOCK
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
const FOLDER: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    File::from(open_at(path, LOOK)?).metadata()
}

/// Without descriptors that only look, the folder is opened.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    if let Some(parent) = path.parent() {
        open_folder(parent)?;
    }
    path.symlink_metadata()
}

pub fn open_named(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub fn open_folder(path: &Path) -> io::Result<File> {
    Ok(open_at(path, FOLDER)?.into())
}

pub fn open_in(folder: &Path, path: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    Ok(open_below(folder.as_fd(), path, FOLDER)?.into())
}

pub fn path_of(folder: &File) -> Option<PathBuf> {
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    path.exists().then_some(path)
}

pub fn open(path: &Path) -> io::Result<File> {
    Ok(open_at(path, FILE)?.into())
}

pub fn entries(path: &Path) -> io::Result<Entries> {
    Ok(Entries(fs::Dir::new(open_at(path, FOLDER)?)?))
}

/// Whether the path led to a link.
pub fn is_link(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

/// Opens the entry at a path without links.
fn open_at(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    open_below(fs::CWD, path, flags)
}

fn open_below(start: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let mut attempts = 0;
        loop {
            match fs::openat2(start, path, flags, Mode::empty(), resolve) {
                // A folder on the way was being renamed.
                Err(Errno::AGAIN | Errno::INTR) if attempts < 100 => attempts += 1,
                // Old kernels, and sandboxes that know no such call.
                Err(Errno::NOSYS | Errno::PERM) => break,
                opened => return Ok(opened?),
            }
        }
    }
    open_by_steps(start, path, flags)
}

/// The same, one folder after the other.
fn open_by_steps(start: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let first = if path.is_absolute() { "/" } else { "." };
    let mut folder = fs::openat(start, first, FOLDER, Mode::empty())?;
    let mut steps = path.components().peekable();
    while let Some(step) = steps.next() {
        let flags = if steps.peek().is_some() {
            FOLDER
        } else {
            flags
        };
        folder = match step {
            Component::Normal(name) => fs::openat(&folder, name, flags, Mode::empty())?,
            _ => continue,
        };
    }
    Ok(folder)
}

/// The device with a folder, and the kind of file system on it.
pub fn volume(folder: &Path) -> io::Result<(u64, u64)> {
    let device = std::os::unix::fs::MetadataExt::dev(&folder.symlink_metadata()?);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let kind = fs::statfs(folder)?.f_type as u64;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let kind = 0;
    Ok((device, kind))
}

/// Whether the device has no disk: the system numbers those anew whenever they are mounted.
pub fn is_numbered_anew(device: u64) -> bool {
    cfg!(any(target_os = "linux", target_os = "android")) && fs::major(device) == 0
}

/// Entries of an open folder.
#[derive(Debug)]
pub struct Entries(fs::Dir);

/// An entry, as reading the folder tells it.
#[derive(Debug)]
pub struct Entry {
    name: OsString,
    kind: FileType,
    inode: u64,
    modified: Option<SystemTime>,
}

impl Iterator for Entries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.0.next()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let mut entry = Entry {
                name: name.to_owned(),
                kind: entry.file_type(),
                inode: entry.ino(),
                modified: None,
            };
            // Some file systems do not tell.
            if entry.kind == FileType::Unknown {
                self.look(&mut entry);
            }
            return Some(Ok(entry));
        }
    }
}

impl Entries {
    /// Time of the last change of an entry.
    pub fn modified(&self, entry: &Entry) -> Option<SystemTime> {
        entry
            .modified
            .or_else(|| self.status(&entry.name).map(|stat| modified(&stat)))
    }

    fn look(&self, entry: &mut Entry) {
        if let Some(stat) = self.status(&entry.name) {
            entry.kind = FileType::from_raw_mode(stat.st_mode);
            entry.modified = Some(modified(&stat));
        }
    }

    fn status(&self, name: &OsStr) -> Option<Stat> {
        let folder = self.0.fd().ok()?;
        fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }
}

impl Entry {
    /// Its name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.kind == FileType::RegularFile
    }

    /// What tells the entry from another that takes its name.
    pub fn id(&self) -> Option<u64> {
        Some(self.inode)
    }
}

#[expect(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "types differ by system"
)]
fn modified(stat: &Stat) -> SystemTime {
    let seconds = i64::from(stat.st_mtime);
    let size = Duration::from_secs(seconds.unsigned_abs());
    let time = match seconds < 0 {
        true => UNIX_EPOCH.checked_sub(size),
        false => UNIX_EPOCH.checked_add(size),
    };
    let nanoseconds = Duration::from_nanos(stat.st_mtime_nsec as u64);
    time.and_then(|time| time.checked_add(nanoseconds))
        .unwrap_or(UNIX_EPOCH)
}
