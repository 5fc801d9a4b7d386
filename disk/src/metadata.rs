//! Owner, permissions and extended attributes of a file.

use std::os::fd::AsFd;

use rustix::fs::{self, FileType, Mode, Stat};
use rustix::io::{self, Errno};

/// Gives the new, empty file `copy` what belongs to the file `model`: its permissions and, as far as
/// this program may, its owner, group and extended attributes with access control lists.
///
/// # Errors
/// One of them is not a regular file, `copy` is not new, or the permissions cannot be set.
pub fn take_over(model: impl AsFd, copy: impl AsFd) -> io::Result<()> {
    let (model, copy) = (model.as_fd(), copy.as_fd());
    let (old, new) = (fs::fstat(model)?, fs::fstat(copy)?);
    // A file with another name or with content is not the one that was just created.
    if !is_file(&old) || !is_file(&new) || new.st_nlink != 1 || new.st_size != 0 {
        return Err(Errno::INVAL);
    }
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid) {
        let (owner, group) = (fs::Uid::from_raw(old.st_uid), fs::Gid::from_raw(old.st_gid));
        if fs::fchown(copy, Some(owner), Some(group)).is_err() {
            // An owner may give a file to any group that it belongs to.
            let _ = fs::fchown(copy, None, Some(group));
        }
    }
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    attributes::take_over(model, copy);
    fs::fchmod(copy, Mode::from_raw_mode(old.st_mode & 0o777))
}

fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod attributes {
    use std::ffi::{CStr, CString};
    use std::os::fd::BorrowedFd;

    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};

    /// Maximum size of a value and of the list of names, that of Linux.
    const MAX_SIZE: usize = 64 << 10;

    /// File systems without attributes and attributes of the system are no errors.
    pub fn take_over(model: BorrowedFd<'_>, copy: BorrowedFd<'_>) {
        let mut buffer = vec![0; MAX_SIZE];
        let wanted = names(model, &mut buffer);
        for name in names(copy, &mut buffer) {
            // What the folder gives to new files, the model does not have.
            if !wanted.contains(&name) {
                let _ = fremovexattr(copy, &*name);
            }
        }
        for name in wanted {
            if let Ok(size) = fgetxattr(model, &*name, &mut buffer[..]) {
                let value = buffer.get(..size).unwrap_or_default();
                let _ = fsetxattr(copy, &*name, value, XattrFlags::empty());
            }
        }
    }

    fn names(file: BorrowedFd<'_>, buffer: &mut [u8]) -> Vec<CString> {
        let size = flistxattr(file, &mut *buffer).unwrap_or(0);
        let list = buffer.get(..size).unwrap_or_default();
        let names = list.split_inclusive(|byte| *byte == 0);
        let names = names.filter_map(|name| CStr::from_bytes_with_nul(name).ok());
        names.map(CStr::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self as std_fs, File, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;

    #[test]
    fn permissions_owner_and_attributes_are_taken_over() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        std_fs::write(path("model"), "old").unwrap();
        std_fs::write(path("copy"), "").unwrap();
        std_fs::set_permissions(path("model"), Permissions::from_mode(0o640)).unwrap();
        let is_root = chown(path("model"), Some(1000), Some(1001)).is_ok();
        let (model, copy) = (
            File::open(path("model")).unwrap(),
            File::open(path("copy")).unwrap(),
        );
        let flags = rustix::fs::XattrFlags::empty();
        let has_attributes = rustix::fs::fsetxattr(&model, "user.artist", b"Ada", flags).is_ok();
        let _ = rustix::fs::fsetxattr(&copy, "user.other", b"x", flags);
        take_over(&model, &copy).unwrap();
        let found = copy.metadata().unwrap();
        assert_eq!(found.mode() & 0o7777, 0o640);
        if is_root {
            assert_eq!((found.uid(), found.gid()), (1000, 1001));
        }
        if has_attributes {
            let mut value = [0; 8];
            let size = rustix::fs::fgetxattr(&copy, "user.artist", &mut value[..]).unwrap();
            assert_eq!(&value[..size], b"Ada");
            let gone = rustix::fs::fgetxattr(&copy, "user.other", &mut value[..]);
            assert_eq!(gone, Err(Errno::NODATA));
        }
    }

    #[test]
    fn a_file_with_content_or_another_name_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        for name in ["model", "filled", "linked"] {
            std_fs::write(path(name), if name == "filled" { "x" } else { "" }).unwrap();
        }
        std_fs::hard_link(path("linked"), path("other")).unwrap();
        let model = File::open(path("model")).unwrap();
        for name in ["filled", "linked"] {
            let copy = File::open(path(name)).unwrap();
            assert_eq!(take_over(&model, &copy), Err(Errno::INVAL), "{name}");
        }
    }
}
