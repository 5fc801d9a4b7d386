//! Reasons why a workspace cannot be written.
//!
//! WASI reports a full disk, an exceeded quota and a read-only mount all as an input/output error,
//! so the host checks after such an error.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use podslate_shared::{Error, ErrorCode, Result};
use tempfile::Builder;

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
pub fn check_writable(workspace: &Path) -> Result<()> {
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
    let prefix = ".podslate-tmp-probe-";
    let mut file = Builder::new().prefix(prefix).tempfile_in(workspace)?;
    file.write_all(&[0; 4096])?;
    file.close()
}

#[cfg(unix)]
fn check_file_system(workspace: &Path) -> Result<()> {
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
fn check_file_system(_workspace: &Path) -> Result<()> {
    Ok(())
}
