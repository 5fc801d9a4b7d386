//! [`Dir`] by system calls.

use std::fs::File;
use std::io::{self, Read, Write};
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
        Ok(Self(fs::openat(&self.0, path, flags, Mode::empty())?))
    }

    /// Creates a directory.
    pub fn create_dir(&self, path: &str) -> Result<()> {
        Ok(fs::mkdirat(&self.0, path, Mode::from(0o777))?)
    }

    /// Creates a file that must not exist yet, and waits until its bytes are on the disk.
    pub fn write_new(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let flags = FILE | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file = fs::openat(&self.0, path, flags, Mode::from(0o666))?;
        let mut file = File::from(file);
        file.write_all(bytes)?;
        // No second attempt after a failed sync: the kernel may have dropped the bytes.
        Ok(file.sync_all()?)
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

    /// Reads a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let file = fs::openat(&self.0, path, FILE | OFlags::RDONLY, Mode::empty())?;
        let mut bytes = Vec::new();
        File::from(file).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a file exists and can be opened. In WASI this takes fewer system calls than `kind`.
    pub fn opens(&self, path: &str) -> bool {
        fs::openat(&self.0, path, FILE | OFlags::RDONLY, Mode::empty()).is_ok()
    }

    /// Renames an entry of this directory.
    pub fn rename(&self, old: &str, new: &str) -> Result<()> {
        Ok(fs::renameat(&self.0, old, &self.0, new)?)
    }

    /// Removes a file.
    pub fn remove_file(&self, path: &str) -> Result<()> {
        Ok(fs::unlinkat(&self.0, path, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: &str) -> Result<()> {
        Ok(fs::unlinkat(&self.0, path, AtFlags::REMOVEDIR)?)
    }

    /// Metadata of an entry, or `None` if it is missing.
    pub fn stat(&self, path: &str) -> Result<Option<Stat>> {
        match fs::statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(to_stat(&stat))),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
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
