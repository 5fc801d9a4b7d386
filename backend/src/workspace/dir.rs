//! The workspace's folder, and why it cannot be used.

use std::io::ErrorKind;
use std::path::Path;

use podslate_disk::Entries;
use podslate_shared::Error;

/// Entries of the workspace.
///
/// # Errors
/// [`Error::WorkspaceUnavailable`] if it cannot be read.
pub fn read(root: &Path) -> Result<Entries, Error> {
    podslate_disk::entries(root).map_err(|error| unavailable(root, error.kind()))
}

/// Error for a folder that is not on the volume of the workspace.
pub fn unmounted(root: &Path) -> Error {
    let reason = format!(
        "`{}` is on another volume than at the start of this program, so the workspace's own is \
         probably not mounted",
        root.display()
    );
    Error::WorkspaceUnavailable { reason }
}

/// Error for a workspace that cannot be read or created.
pub fn unavailable(root: &Path, kind: ErrorKind) -> Error {
    let path = root.display();
    let reason = match kind {
        ErrorKind::NotFound => format!("`{path}` does not exist"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("`{path}` is a file, not a folder")
        }
        ErrorKind::PermissionDenied => format!("this program has no permission to read `{path}`"),
        ErrorKind::ReadOnlyFilesystem => {
            format!("`{path}` does not exist, and its disk is read-only")
        }
        _ => format!("`{path}` cannot be read ({kind})"),
    };
    Error::WorkspaceUnavailable { reason }
}

/// Whether a folder is mounted from outside, so that it cannot be renamed here.
#[cfg(target_os = "linux")]
pub fn is_mounted(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    // What was looked at just before is known here, also of a network volume.
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
    statx(CWD, folder, flags, StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Whether a folder is mounted from outside; the rename itself has to show it here.
#[cfg(not(target_os = "linux"))]
pub fn is_mounted(_folder: &Path) -> bool {
    false
}
