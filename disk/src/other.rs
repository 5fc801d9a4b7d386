//! By the standard library. Each folder of the path is looked at before.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub fn metadata(path: &Path) -> io::Result<Metadata> {
    let parents = path.ancestors().skip(1);
    for parent in parents.filter(|it| !it.as_os_str().is_empty()) {
        if fs::symlink_metadata(parent)?.is_symlink() {
            return Err(ErrorKind::NotADirectory.into());
        }
    }
    fs::symlink_metadata(path)
}

/// Links are told as missing folders.
pub fn is_link(_: &io::Error) -> bool {
    false
}

pub fn open_folder(path: &Path) -> io::Result<File> {
    metadata(path)?;
    open_named(path)
}

pub fn open_named(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        /// FILE_FLAG_BACKUP_SEMANTICS, without which Windows opens no folders.
        const FOLDERS: u32 = 0x0200_0000;
        options.custom_flags(FOLDERS);
    }
    options.open(path)
}

pub fn open_in(folder: &Path, path: &Path) -> io::Result<File> {
    open_folder(&folder.canonicalize()?.join(path))
}

pub fn path_of(_: &File) -> Option<PathBuf> {
    None
}

pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub fn entries(path: &Path) -> io::Result<Entries> {
    match metadata(path)?.is_dir() {
        true => Ok(Entries(fs::read_dir(path)?)),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

/// All folders are taken to be on one device.
pub fn volume(folder: &Path) -> io::Result<(u64, u64)> {
    folder.symlink_metadata().map(|_| (0, 0))
}

/// No device is.
pub fn is_numbered_anew(_: u64) -> bool {
    false
}

/// Entries of a folder.
#[derive(Debug)]
pub struct Entries(fs::ReadDir);

/// An entry, as reading the folder tells it.
#[derive(Debug)]
pub struct Entry {
    name: OsString,
    metadata: Option<Metadata>,
}

impl Iterator for Entries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.next()?;
        Some(entry.map(|entry| Entry {
            name: entry.file_name(),
            metadata: entry.metadata().ok(),
        }))
    }
}

impl Entries {
    /// Time of the last change of an entry.
    pub fn modified(&self, entry: &Entry) -> Option<SystemTime> {
        entry.metadata.as_ref()?.modified().ok()
    }
}

impl Entry {
    /// Its name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.metadata.as_ref().is_some_and(Metadata::is_dir)
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.metadata.as_ref().is_some_and(Metadata::is_file)
    }

    /// What tells the entry from another that takes its name.
    #[cfg(windows)]
    pub fn id(&self) -> Option<u64> {
        use std::os::windows::fs::MetadataExt;
        self.metadata.as_ref().map(MetadataExt::creation_time)
    }

    /// What tells the entry from another that takes its name.
    #[cfg(not(windows))]
    pub fn id(&self) -> Option<u64> {
        None
    }
}
