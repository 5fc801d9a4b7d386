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

/// Refuses a network share of Windows: the worker's runtime loses the beginning of its paths, so that
/// the worker could create and rename nothing there.
///
/// # Errors
/// [`Error::WorkspaceUnavailable`] if `real`, the path of `root` without links, is on a share.
pub fn check_local(root: &Path, real: &Path) -> Result<(), Error> {
    if !real.to_string_lossy().starts_with(r"\\?\UNC\") {
        return Ok(());
    }
    let reason = format!(
        "`{}` is on a network share, where this program cannot create projects from Windows; use a \
         folder on a disk of this computer, or the computer that shares it",
        root.display()
    );
    Err(Error::WorkspaceUnavailable { reason })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_windows_is_refused_with_its_own_name() {
        let check = |real: &str| check_local(Path::new(r"S:\3D"), Path::new(real));
        let error = check(r"\\?\UNC\studio\3D").expect_err("a share");
        assert!(error.to_string().contains(r"`S:\3D` is on a network share"));
        for real in [r"\\?\S:\3D", "/home/UNC", "/"] {
            assert_eq!(check(real), Ok(()), "{real}");
        }
    }
}
