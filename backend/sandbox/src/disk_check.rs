//! Reasons why a workspace cannot be written.
//!
//! WASI reports a full disk, an exceeded quota and a read-only mount all as an input/output error,
//! so the host checks after such an error.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use podslate_shared::{Error, ErrorCode};

/// A more exact error for [`Error::IoFailed`], if the state of the workspace explains it.
pub fn refine_error(error: Error, workspace: &Path) -> Error {
    if error.code() != ErrorCode::IoFailed {
        return error;
    }
    check_writable(workspace).err().unwrap_or(error)
}

/// Checks that the workspace can be written, with a small probe file.
///
/// # Errors
/// [`Error::WorkspaceReadOnly`] or [`Error::DiskFull`].
pub fn check_writable(workspace: &Path) -> Result<(), Error> {
    check_file_system(workspace)?;
    match probe(workspace).map_err(|error| error.kind()) {
        Err(ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
            Err(Error::WorkspaceReadOnly)
        }
        Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => Err(Error::DiskFull),
        _ => Ok(()),
    }
}

/// Writes a few bytes to a new file and removes it.
fn probe(workspace: &Path) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = since.unwrap_or_default().as_nanos();
    let name = format!(".podslate-tmp-probe-{}-{number}-{time}", std::process::id());
    let path = workspace.join(name);
    // Only a new file: a planted link of this name would lead to another person's file.
    let mut file = File::create_new(&path)?;
    let written = file.write_all(&[0; 4096]);
    drop(file);
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(unix)]
fn check_file_system(workspace: &Path) -> Result<(), Error> {
    let Ok(state) = rustix::fs::statvfs(workspace) else {
        return Ok(());
    };
    if state.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        return Err(Error::WorkspaceReadOnly);
    }
    // A file system that does not count inodes reports zero of zero.
    if state.f_bavail == 0 || (state.f_files > 0 && state.f_favail == 0) {
        return Err(Error::DiskFull);
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_file_system(_workspace: &Path) -> Result<(), Error> {
    Ok(())
}
