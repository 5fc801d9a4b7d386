//! What an error inside the sandbox means outside.
//!
//! WASI tells a full disk, a used-up quota and a read-only mount all as "input/output error", so
//! after one the host looks for itself.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use podslate_shared::{ErrorBody, ErrorCode};

/// The same error with a better code, where the state of the workspace tells one.
pub fn improve(error: ErrorBody, workspace: &Path) -> ErrorBody {
    if error.code != ErrorCode::IoFailed {
        return error;
    }
    match of(workspace) {
        Some(code) => ErrorBody::new(code, ""),
        None => error,
    }
}

/// Why writing to the workspace fails at the moment: [`ErrorCode::WorkspaceReadOnly`] or
/// [`ErrorCode::DiskFull`]; `None` if it works.
pub fn of(workspace: &Path) -> Option<ErrorCode> {
    if let Some(code) = of_file_system(workspace) {
        return Some(code);
    }
    probe(workspace).err().and_then(|error| match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            Some(ErrorCode::WorkspaceReadOnly)
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(ErrorCode::DiskFull),
        _ => None,
    })
}

/// Writes a few bytes to a file of its own and removes it.
///
/// # Errors
/// The system's, for example that the workspace is read-only.
pub fn probe(workspace: &Path) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = since.unwrap_or_default().as_nanos();
    let name = format!(".podslate-tmp-probe-{}-{number}-{time}", std::process::id());
    let path = workspace.join(name);
    // A new file and no other: a link of this name would lead to somebody else's.
    let mut file = File::create_new(&path)?;
    let written = file.write_all(&[0; 4096]);
    drop(file);
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(unix)]
fn of_file_system(workspace: &Path) -> Option<ErrorCode> {
    let state = rustix::fs::statvfs(workspace).ok()?;
    let read_only = state.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
    // Some file systems count no inodes and say that there are none in all.
    let full = state.f_bavail == 0 || (state.f_files > 0 && state.f_favail == 0);
    match (read_only, full) {
        (true, _) => Some(ErrorCode::WorkspaceReadOnly),
        (_, true) => Some(ErrorCode::DiskFull),
        _ => None,
    }
}

#[cfg(not(unix))]
fn of_file_system(_workspace: &Path) -> Option<ErrorCode> {
    None
}
