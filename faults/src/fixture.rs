//! Special places for workspaces: a mount, a file system of its own, a link.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use tempfile::TempDir;

use crate::outcome::Skipped;

/// Runs a command of the system.
///
/// # Errors
/// The command fails, which is taken as a lack of this machine.
pub fn system(program: &str, args: &[&str]) -> Result<(), Skipped> {
    let mut command = Command::new(program);
    let output = command.args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Skipped(format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let reason = format!("{program} does not work here: {}", stderr.trim());
    Err(Skipped(reason))
}

/// Mount that is removed when it is dropped.
#[derive(Debug)]
pub struct Mount {
    dir: TempDir,
}

impl Mount {
    /// Mounts something; `args` are those of `mount` without the directory.
    ///
    /// # Errors
    /// This machine does not allow it.
    pub fn new(args: &[&str]) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        system(
            "mount",
            &[args, &[&dir.path().display().to_string()]].concat(),
        )?;
        Ok(Self { dir })
    }

    /// The mounted directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let path = &self.path().display().to_string();
        let is_unmounted =
            system("umount", &[path]).is_ok() || system("umount", &["-l", path]).is_ok();
        // Nothing may be removed through a mount that stays.
        self.dir.disable_cleanup(!is_unmounted);
    }
}

/// ext4 file system in a file: syncing takes its time there, and a million entries are removed at
/// once.
#[derive(Debug)]
pub struct Disk {
    dir: TempDir,
}

impl Disk {
    /// Creates a file system for at most `entries` files and directories.
    ///
    /// # Errors
    /// This machine does not allow it.
    pub fn new(entries: usize) -> Result<Self> {
        let disk = Self {
            dir: tempfile::tempdir()?,
        };
        // A directory takes a block of 4 KiB; the file takes only the space that is used.
        let size = (entries as u64 * 8 + (64 << 10)) << 10;
        fs::File::create(disk.image())?.set_len(size)?;
        let image = disk.image();
        system(
            "mkfs.ext4",
            &["-q", "-F", "-N", &entries.to_string(), &image],
        )?;
        Ok(disk)
    }

    /// Mounts the file system.
    ///
    /// # Errors
    /// This machine does not allow it.
    pub fn mount(&self) -> Result<Mount> {
        Mount::new(&["-o", "loop", &self.image()])
    }

    fn image(&self) -> String {
        self.dir.path().join("image").display().to_string()
    }
}

/// Creates a symbolic link.
///
/// # Errors
/// It cannot be created.
#[cfg(unix)]
pub fn symlink(target: &Path, link: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(target, link)?)
}

/// Skips what needs a symbolic link.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn symlink(_target: &Path, _link: &Path) -> Result<()> {
    Err(Skipped("symbolic links need special rights here".to_owned()).into())
}
