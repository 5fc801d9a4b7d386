//! File systems mounted over a workspace.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A mount that ends when it is dropped.
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts a file system at `folder`. If this machine does not allow that, the running test is
    /// recorded as skipped.
    pub fn new(folder: &Path, arguments: &[&str]) -> Option<Self> {
        let output = Command::new("mount").args(arguments).arg(folder).output();
        let error = match output {
            Ok(output) if output.status.success() => return Some(Self(folder.to_owned())),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let test = std::thread::current();
        let test = test.name().unwrap_or_default();
        testing::skip(test, &format!("no permission to mount: {error}"));
        None
    }

    /// Makes the folder itself a mount, whose options can be changed.
    pub fn bind(folder: &Path) -> Option<Self> {
        let path = folder.to_str().expect("Unicode");
        Self::new(folder, &["--bind", path])
    }

    /// Mounts an empty file system in memory, limited by an option of `tmpfs`.
    pub fn limited(folder: &Path, limit: &str) -> Option<Self> {
        Self::new(folder, &["-t", "tmpfs", "-o", limit, "tmpfs"])
    }

    /// Makes it read-only.
    pub fn make_read_only(&self) {
        let mut command = Command::new("mount");
        let status = command.args(["-o", "remount,bind,ro"]).arg(&self.0);
        assert!(status.status().expect("mount runs").success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
