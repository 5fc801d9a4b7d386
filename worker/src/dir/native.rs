//! [`Dir`] by system calls.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::sync::LazyLock;
use std::time::Instant;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::types::{Error, Identity, Kind, Result, Stat};

/// An open directory.
pub struct Dir(OwnedFd);

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

impl Dir {
    /// Opens the directory at a path that the user gave; links are followed.
    pub fn open(path: &str) -> Result<Self> {
        Ok(Self(fs::open(path, DIRECTORY, Mode::empty())?))
    }

    /// Opens a directory inside this one.
    pub fn open_dir(&self, path: &str) -> Result<Self> {
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        Ok(Self(self.open_at(path, flags, Mode::empty())?))
    }

    /// Opens a directory that this program has just created. In WASI this takes fewer system calls.
    pub fn open_new_dir(&self, path: &str) -> Result<Self> {
        self.open_dir(path)
    }

    /// Creates a directory.
    pub fn create_dir(&self, path: &str) -> Result<()> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::mkdirat(&*folder, name, Mode::from(0o777))?)
    }

    /// Creates a file that must not exist yet, and waits until its bytes are on the disk.
    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let mut file = File::from(self.open_at(path, flags, Mode::from(0o666))?);
        file.write_all(bytes)?;
        // No second attempt after a failed sync: the kernel may have dropped the bytes.
        Ok(file.sync_all()?)
    }

    /// Creates an empty file that must not exist yet, without waiting for the disk.
    pub fn create_empty(&self, path: &str) -> Result<()> {
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.open_at(path, flags, Mode::from(0o666)).map(drop)
    }

    /// Adds bytes to a file of at most `max` bytes, which is created if it is missing, without
    /// waiting for the disk.
    pub fn append(&self, path: &str, bytes: &[u8], max: u64) -> Result<()> {
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND;
        let file = self.open_at(path, flags, Mode::from(0o666))?;
        to_stat(&fs::fstat(&file)?).check_file(max)?;
        Ok(File::from(file).write_all(bytes)?)
    }

    /// Creates a file as `write_new` does, with what belongs to the file `model`. `_whole_path` is
    /// that of the new file from the granted directory.
    pub fn write_like(
        &self,
        model: &str,
        path: &str,
        bytes: &[u8],
        _whole_path: (&Self, &str),
    ) -> Result<()> {
        let model = fs::openat(&self.0, model, FILE | OFlags::RDONLY, Mode::empty());
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        // Nobody else can read it before its permissions are those of the model.
        let mode = if model.is_ok() { 0o600 } else { 0o666 };
        let file = fs::openat(&self.0, path, flags, Mode::from(mode))?;
        if let Ok(model) = model {
            podslate_disk::metadata::take_over(&model, &file)?;
        }
        let mut file = File::from(file);
        file.write_all(bytes)?;
        Ok(file.sync_all()?)
    }

    /// Reads a file as it is when it is opened, without waiting for a writer.
    pub(super) fn read_open(&self, path: &str, max: u64) -> Result<Vec<u8>> {
        let file = self.open_at(path, FILE | OFlags::RDONLY, Mode::empty())?;
        let stat = to_stat(&fs::fstat(&file)?);
        stat.check_file(max)?;
        let mut bytes = Vec::new();
        File::from(file).take(stat.size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a file that this program has just created is there. In WASI this takes fewer system
    /// calls than `kind`.
    pub fn has_new_file(&self, path: &str) -> bool {
        self.open_at(path, FILE | OFlags::RDONLY, Mode::empty())
            .is_ok()
    }

    /// Renames an entry of this directory.
    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        Ok(fs::renameat(&self.0, old, &self.0, new)?)
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) -> Result<()> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::unlinkat(&*folder, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: &str) -> Result<()> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::unlinkat(&*folder, name, AtFlags::REMOVEDIR)?)
    }

    /// Metadata of an entry, or `None` if it is missing.
    pub fn stat(&self, path: &str) -> Result<Option<Stat>> {
        let stat = self
            .parent_of(path)
            .and_then(|(folder, name)| Ok(fs::statat(&*folder, name, AtFlags::SYMLINK_NOFOLLOW)?));
        match stat {
            Ok(stat) => Ok(Some(to_stat(&stat))),
            Err(Error::Missing | Error::NotDirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Identity of this directory.
    pub fn identity(&self) -> Result<Identity> {
        Ok(to_stat(&fs::fstat(&self.0)?).identity)
    }

    /// Names of all entries except `.` and `..`, each with whether it is a directory.
    pub fn entries(&self) -> Result<Vec<(String, bool)>> {
        let mut all = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                all.push((name, entry.file_type() == FileType::Directory));
            }
        }
        Ok(all)
    }

    fn open_at(&self, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::openat(&*folder, name, flags, mode)?)
    }

    /// Opens the folders in front of the last name of a path, one by one: the system follows links
    /// in the middle of a path.
    fn parent_of<'p>(&self, path: &'p str) -> Result<(Folder<'_>, &'p str)> {
        let mut folder = Folder::This(&self.0);
        let mut rest = path;
        while let Some((name, path)) = rest.split_once('/') {
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            folder = Folder::Below(fs::openat(&*folder, name, flags, Mode::empty())?);
            rest = path;
        }
        Ok((folder, rest))
    }
}

/// This directory, or one below it.
enum Folder<'a> {
    This(&'a OwnedFd),
    Below(OwnedFd),
}

impl Deref for Folder<'_> {
    type Target = OwnedFd;

    fn deref(&self) -> &OwnedFd {
        match self {
            Self::This(folder) => folder,
            Self::Below(folder) => folder,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).unwrap_or(Errno::IO).into()
    }
}

/// Seconds since an arbitrary earlier moment.
pub fn clock() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs()
}

#[expect(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "types differ by system"
)]
fn to_stat(stat: &fs::Stat) -> Stat {
    Stat {
        kind: match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            FileType::RegularFile => Kind::File,
            _ => Kind::Special,
        },
        identity: Identity(stat.st_dev as u64, u64::from(stat.st_ino)),
        modified: i64::from(stat.st_mtime),
        size: stat.st_size as u64,
    }
}
