//! Where the workspaces of the suite are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use tempfile::TempDir;

use crate::environment::command_works;

/// A folder in memory where there is one: what a kill or an error leaves is the same there, and
/// syncing takes no time.
///
/// # Errors
/// It cannot be made.
pub fn in_memory() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
}

/// A file system of its own in a file on the disk: syncing takes its time there, and a million
/// entries are removed at once.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    folder: TempDir,
}

impl Disk {
    /// Makes a file system that has room for so many entries.
    ///
    /// # Errors
    /// Why none can be made here.
    pub fn new(entries: usize) -> Result<Self, String> {
        let text = |error: io::Error| error.to_string();
        let folder = tempfile::tempdir().map_err(text)?;
        let (image, path) = (folder.path().join("image"), folder.path().join("disk"));
        // A folder takes a block of 4 KiB; the file takes only what is used of it.
        let size = (entries as u64 * 8 + (64 << 10)) << 10;
        let file = fs::File::create(&image).map_err(text)?;
        file.set_len(size).map_err(text)?;
        fs::create_dir(&path).map_err(text)?;
        let (image, place) = (image.display().to_string(), path.display().to_string());
        let inodes = entries.to_string();
        command_works("mkfs.ext4", &["-q", "-F", "-N", &inodes, &image])?;
        command_works("mount", &["-o", "loop", &image, &place])?;
        Ok(Self { path, folder })
    }

    /// An empty folder on it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn workspace(&self) -> io::Result<PathBuf> {
        let workspace = self.path.join("workspace");
        fs::create_dir(&workspace)?;
        Ok(workspace)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let place = self.path.display().to_string();
        if command_works("umount", &["-l", &place]).is_err() {
            // Nothing may be removed through a mount that stays.
            self.folder.disable_cleanup(true);
        }
    }
}
