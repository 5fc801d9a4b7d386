//! The directory behind a volume: what is known of it, and the calls that go there.

use std::ffi::{CStr, OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use fuser::{Errno, FileHandle, FileType, INodeNo, TimeOrNow};
use rustix::fs::{
    self, AtFlags, Dir, Gid, Mode, OFlags, RawMode, StatxFlags, Timespec, Timestamps, UTIME_NOW,
    UTIME_OMIT, Uid,
};

use crate::attributes::{Attributes, kind};
use crate::handles::{Handle, Handles};
use crate::nodes::Nodes;

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Errno>;

/// An error of the directory behind the volume, as an error of the volume.
pub fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_i32(error.raw_os_error())
}

/// An entry of an open directory.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// The inode number.
    pub inode: u64,
    /// What it is, if the directory says so.
    pub kind: Option<FileType>,
}

/// The entries of a directory, once they were read.
pub type Entries = Arc<Vec<Entry>>;

/// Changes of attributes.
#[derive(Debug)]
pub struct Change {
    /// Permissions.
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Time of the last access.
    pub atime: Option<TimeOrNow>,
    /// Time of the last modification.
    pub mtime: Option<TimeOrNow>,
}

/// A path for calls relative to the root, and whether its last part may be a link to follow.
struct Location {
    path: PathBuf,
    flags: AtFlags,
}

/// The directory behind a volume.
#[derive(Debug)]
pub struct Backing {
    root: OwnedFd,
    root_inode: u64,
    nodes: Mutex<Nodes>,
    /// The open files.
    pub files: Handles<()>,
    /// The open directories.
    pub dirs: Handles<Entries>,
}

impl Backing {
    /// Opens a directory.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(root: &Path) -> rustix::io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = fs::open(root, flags, Mode::empty())?;
        Ok(Self {
            root_inode: fs::fstat(&root)?.st_ino,
            root,
            nodes: Mutex::default(),
            files: Handles::new(),
            dirs: Handles::new(),
        })
    }

    /// The directory, for calls relative to it.
    pub fn root(&self) -> impl AsFd {
        self.root.as_fd()
    }

    /// What the kernel knows.
    pub fn nodes(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path of an inode, relative to the root.
    pub fn path(&self, inode: INodeNo) -> Result<PathBuf> {
        self.nodes().path(inode.0).ok_or(Errno::ESTALE)
    }

    /// The path of an entry, relative to the root.
    pub fn child(&self, parent: INodeNo, name: &OsStr) -> Result<PathBuf> {
        self.nodes().child(parent.0, name).ok_or(Errno::ESTALE)
    }

    /// Where an inode is; one without a name is reached as long as it is open.
    fn locate(&self, inode: INodeNo) -> Result<Location> {
        let path = self.path(inode);
        let open = path.as_ref().err().and(self.files.of_inode(inode.0));
        if let Some(handle) = open {
            return Ok(Location {
                path: format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd()).into(),
                flags: AtFlags::empty(),
            });
        }
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        path.map(|path| Location { path, flags })
    }

    /// Attributes of an inode.
    pub fn attributes(&self, inode: INodeNo) -> Result<Attributes> {
        let Location { path, flags } = self.locate(inode)?;
        let attributes = self.status(self.root(), &path, flags)?;
        // Another machine replaced what had this name.
        let is_same = attributes.attr.ino == inode;
        is_same.then_some(attributes).ok_or(Errno::ESTALE)
    }

    fn status(&self, dir: impl AsFd, path: &Path, flags: AtFlags) -> Result<Attributes> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let status = fs::statx(dir, path, flags, mask).map_err(errno)?;
        Ok(Attributes::new(&status, self.root_inode))
    }

    /// Attributes of an entry, which the kernel will know from now on.
    pub fn enter(&self, parent: INodeNo, name: &OsStr, path: &Path) -> Result<Attributes> {
        let entry = self.status(self.root(), path, AtFlags::SYMLINK_NOFOLLOW)?;
        self.remember(parent, name, &entry);
        Ok(entry)
    }

    /// Records that the kernel is told of an entry.
    pub fn remember(&self, parent: INodeNo, name: &OsStr, entry: &Attributes) {
        let is_dir = entry.attr.kind == FileType::Directory;
        self.nodes()
            .remember(parent.0, name, entry.attr.ino.0, is_dir);
    }

    /// Gives what was created to the user who asked for it.
    pub fn give(&self, path: &Path, (uid, gid): (u32, u32)) -> Result<()> {
        let own = (rustix::process::geteuid(), rustix::process::getegid());
        let new = (Uid::from_raw(uid), Gid::from_raw(gid));
        if own == new {
            return Ok(());
        }
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        fs::chownat(&self.root, path, Some(new.0), Some(new.1), flags).map_err(errno)
    }

    /// Opens an inode as a process asked for, in the way that suits this one.
    pub fn reopen(&self, inode: INodeNo, flags: OFlags) -> Result<OwnedFd> {
        let location = self.locate(inode)?;
        let mut flags = flags.difference(OFlags::NOFOLLOW | OFlags::DIRECT | OFlags::CREATE);
        if location.flags == AtFlags::SYMLINK_NOFOLLOW {
            flags |= OFlags::NOFOLLOW;
        }
        let flags = flags | OFlags::CLOEXEC;
        fs::openat(&self.root, location.path, flags, Mode::empty()).map_err(errno)
    }

    /// Changes attributes of an inode.
    pub fn change(&self, inode: INodeNo, file: Option<FileHandle>, change: &Change) -> Result<()> {
        let Location { path, flags } = self.locate(inode)?;
        if let Some(mode) = change.mode {
            let mode = Mode::from_raw_mode(mode);
            fs::chmodat(&self.root, &path, mode, AtFlags::empty()).map_err(errno)?;
        }
        if change.uid.is_some() || change.gid.is_some() {
            let (uid, gid) = (change.uid.map(Uid::from_raw), change.gid.map(Gid::from_raw));
            fs::chownat(&self.root, &path, uid, gid, flags).map_err(errno)?;
        }
        if let Some(size) = change.size {
            match file.and_then(|file| self.files.get(file)) {
                Some(file) => fs::ftruncate(&file, size),
                None => fs::ftruncate(self.reopen(inode, OFlags::WRONLY)?, size),
            }
            .map_err(errno)?;
        }
        if change.atime.is_some() || change.mtime.is_some() {
            let times = Timestamps {
                last_access: timespec(change.atime),
                last_modification: timespec(change.mtime),
            };
            fs::utimensat(&self.root, &path, &times, flags).map_err(errno)?;
        }
        Ok(())
    }

    /// The entries of an open directory, which are read again from the start of it.
    pub fn entries(&self, dir: &Handle<Entries>, offset: u64) -> Result<Entries> {
        let mut entries = dir.state.lock().unwrap_or_else(PoisonError::into_inner);
        if offset == 0 {
            let read = Dir::read_from(dir).map_err(errno)?;
            let read = read.map(|entry| entry.map(|entry| self.entry(&entry)));
            *entries = Arc::new(read.collect::<rustix::io::Result<_>>().map_err(errno)?);
        }
        Ok(Arc::clone(&entries))
    }

    fn entry(&self, entry: &fs::DirEntry) -> Entry {
        Entry {
            name: os_string(entry.file_name()),
            inode: entry.ino(),
            kind: kind(entry.file_type()),
        }
    }

    /// Attributes of an entry of an open directory; `None` if it is gone.
    pub fn attributes_in(&self, dir: &Handle<Entries>, name: &OsStr) -> Option<Attributes> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        self.status(dir, Path::new(name), flags).ok()
    }
}

/// Status of the file system that has the directory.
pub fn statistics(backing: &Backing) -> Result<fs::StatVfs> {
    fs::fstatvfs(&backing.root).map_err(errno)
}

/// A mode as the kernel sends it.
pub fn mode(bits: u32) -> Mode {
    Mode::from_raw_mode(bits as RawMode)
}

fn os_string(name: &CStr) -> OsString {
    OsStr::from_bytes(name.to_bytes()).to_owned()
}

fn timespec(time: Option<TimeOrNow>) -> Timespec {
    let special = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    match time {
        None => special(UTIME_OMIT),
        Some(TimeOrNow::Now) => special(UTIME_NOW),
        Some(TimeOrNow::SpecificTime(time)) => since_epoch(time),
    }
}

fn since_epoch(time: SystemTime) -> Timespec {
    let (duration, is_before) = match time.duration_since(UNIX_EPOCH) {
        Ok(duration) => (duration, false),
        Err(error) => (error.duration(), true),
    };
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let nanoseconds = i64::from(duration.subsec_nanos());
    match (is_before, nanoseconds) {
        (false, tv_nsec) => Timespec {
            tv_sec: seconds,
            tv_nsec,
        },
        (true, 0) => Timespec {
            tv_sec: -seconds,
            tv_nsec: 0,
        },
        (true, _) => Timespec {
            tv_sec: -seconds - 1,
            tv_nsec: 1_000_000_000 - nanoseconds,
        },
    }
}
