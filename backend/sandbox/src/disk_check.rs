//! Reasons why a workspace cannot be written.
//!
//! WASI reports a full disk, an exceeded quota and a read-only mount all as an input/output error,
//! so the host checks after such an error.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

#[cfg(unix)]
use podslate_shared::Cause;
use podslate_shared::{Error, ErrorCode, FolderName, Result};
use tempfile::Builder;

/// A more exact error for [`Error::IoFailed`], if the state of the workspace explains it.
pub fn refine_error(error: Error, workspace: &Path) -> Error {
    if error.code() != ErrorCode::IoFailed {
        return error;
    }
    if let Err(cause) = check_writable(workspace) {
        return cause;
    }
    error
}

/// A more exact error for a rename: Windows refuses it, as if for lack of permission, while another
/// program has something in the folder open.
pub fn refine_rename(error: Error, workspace: &Path, name: &FolderName) -> Error {
    let is_refused = cfg!(windows) && error.code() == ErrorCode::WorkspaceReadOnly;
    if is_refused && check_writable(workspace).is_ok() {
        return Error::InUse { name: name.clone() };
    }
    error
}

/// Checks that the workspace can be written, with a small probe file.
///
/// # Errors
/// [`Error::WorkspaceReadOnly`] or [`Error::DiskFull`].
pub fn check_writable(workspace: &Path) -> Result<()> {
    check_file_system(workspace)?;
    match probe(workspace) {
        Err(error) => explain(&error).map_or(Ok(()), Err),
        Ok(()) => Ok(()),
    }
}

/// The error of the API for an error of the system, if its cause has a name.
pub fn explain(error: &io::Error) -> Option<Error> {
    #[cfg(unix)]
    if let Some(cause) = rustix::io::Errno::from_io_error(error).and_then(podslate_disk::cause) {
        return Some(cause.into());
    }
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            Some(Error::WorkspaceReadOnly)
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Error::DiskFull),
        _ => None,
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
    let state = match rustix::fs::statvfs(workspace) {
        Ok(state) => state,
        Err(error) => return podslate_disk::cause(error).map_or(Ok(()), |it| Err(it.into())),
    };
    if state.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        return Err(Cause::ReadOnly.into());
    }
    // A file system that does not count inodes reports zero of zero.
    if state.f_bavail == 0 || (state.f_files > 0 && state.f_favail == 0) {
        return Err(Cause::NoSpace.into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_file_system(_workspace: &Path) -> Result<()> {
    Ok(())
}
