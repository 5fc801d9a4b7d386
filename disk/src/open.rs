//! The one way in which podslate opens what other programs can change: without following a link at
//! any place of the path, without waiting, and with a limit for what is read.
//!
//! Paths begin with a folder whose own path has no links, see [`real_path`].
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::not_read::NotRead;
use crate::system::{self, Entries};

/// The path of a folder that a person gave, without links.
///
/// # Errors
/// It does not exist or cannot be reached.
pub fn real_path(folder: &Path) -> io::Result<PathBuf> {
    folder.canonicalize()
}

/// Metadata of an entry; of a link, that of the link itself.
///
/// # Errors
/// There is none, or a link on the way to it.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    system::metadata(path)
}

/// The same for an entry of a folder whose own path has no links, which takes fewer system calls.
///
/// # Errors
/// There is none.
pub fn metadata_in(folder: &Path, name: &str) -> io::Result<Metadata> {
    folder.join(name).symlink_metadata()
}

/// Metadata of a folder whose path has no links.
///
/// # Errors
/// There is none.
pub fn metadata_of_folder(folder: &Path) -> io::Result<Metadata> {
    let found = folder.symlink_metadata()?;
    match found.is_dir() {
        true => Ok(found),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

/// Metadata of an entry, or `None` if there is none or a link is on the way.
///
/// # Errors
/// The disk does not say, which is not the same as that there is none.
pub fn find(path: &Path) -> io::Result<Option<Metadata>> {
    found(metadata(path))
}

/// The same for an entry of a folder whose own path has no links.
///
/// # Errors
/// As for [`find`].
pub fn find_in(folder: &Path, name: &str) -> io::Result<Option<Metadata>> {
    found(metadata_in(folder, name))
}

fn found(metadata: io::Result<Metadata>) -> io::Result<Option<Metadata>> {
    match metadata {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            _ if system::is_link(&error) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether there is a folder, which is no link and not behind one.
pub fn is_folder(path: &Path) -> bool {
    metadata(path).is_ok_and(|found| found.is_dir())
}

/// Opens a folder.
///
/// # Errors
/// There is none.
pub fn open_folder(path: &Path) -> io::Result<File> {
    let folder = system::open_folder(path)?;
    match folder.metadata()?.is_dir() {
        true => Ok(folder),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

/// Opens a folder that a person named; its path may have links.
///
/// # Errors
/// There is none.
pub fn open_named(folder: &Path) -> io::Result<File> {
    let opened = system::open_named(folder)?;
    match opened.metadata()?.is_dir() {
        true => Ok(opened),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

/// Whether there is an entry at a path that a person named, which may have links.
pub fn is_named(path: &Path) -> bool {
    path.exists()
}

/// Whether there is a folder at a path that a person named, which may have links.
pub fn is_named_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Opens a folder in one that a person named.
///
/// # Errors
/// There is none.
pub fn open_in(folder: &Path, path: &Path) -> io::Result<File> {
    system::open_in(folder, path)
}

/// A path to an open folder for child processes, which leads there whatever takes the folder's place
/// meanwhile; on systems that have none, `path` itself.
pub fn path_of(folder: &File, path: &Path) -> PathBuf {
    system::path_of(folder).unwrap_or_else(|| path.to_owned())
}

/// Entries of a folder, without `.` and `..`.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn entries(path: &Path) -> io::Result<Entries> {
    system::entries(path)
}

/// Opens a file for reading. What is no file is not opened.
///
/// # Errors
/// Why it is not read.
pub fn open(path: &Path) -> Result<File, NotRead> {
    // Opening a device can change it, and opening a pipe wakes its writer.
    must_be_file(&metadata(path)?)?;
    let file = system::open(path)?;
    must_be_file(&file.metadata()?)?;
    Ok(file)
}

/// Content of a file of at most `max` bytes.
///
/// # Errors
/// Why it is not read.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, NotRead> {
    let file = open(path)?;
    if file.metadata()?.len() > max {
        return Err(NotRead::TooLarge);
    }
    let mut bytes = Vec::new();
    // It can grow meanwhile.
    file.take(max + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > max {
        true => Err(NotRead::TooLarge),
        false => Ok(bytes),
    }
}

fn must_be_file(found: &Metadata) -> Result<(), NotRead> {
    match found {
        it if it.is_file() => Ok(()),
        it if it.is_dir() => Err(NotRead::Folder),
        it if it.is_symlink() => Err(NotRead::Link),
        _ => Err(NotRead::Special),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    /// A folder with a file in a folder, and the path to it.
    fn home() -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().expect("a folder");
        let path = real_path(home.path()).expect("its path");
        fs::create_dir(path.join("inside")).expect("a folder");
        fs::write(path.join("inside/file"), "content").expect("a file");
        (home, path)
    }

    fn reason(read: Result<Vec<u8>, NotRead>) -> String {
        read.expect_err("it is not read").to_string()
    }

    #[test]
    fn a_file_is_read_up_to_a_size() {
        let (_home, path) = home();
        let file = path.join("inside/file");
        assert_eq!(read(&file, 7).expect("the content"), b"content");
        assert_eq!(reason(read(&file, 6)), "it is too large");
        assert!(matches!(
            read(&path.join("inside/no"), 7),
            Err(NotRead::Missing)
        ));
        fs::File::create(path.join("huge"))
            .and_then(|file| file.set_len(1 << 40))
            .expect("a file");
        assert!(matches!(
            read(&path.join("huge"), 7),
            Err(NotRead::TooLarge)
        ));
    }

    #[test]
    fn nothing_behind_a_link_is_opened() {
        let (_home, path) = home();
        symlink("inside", path.join("linked")).expect("a link");
        symlink("inside/file", path.join("file")).expect("a link");
        symlink("loop", path.join("loop")).expect("a link");
        for (name, expected) in [
            ("linked/file", NotRead::NoFolder),
            ("loop/file", NotRead::NoFolder),
            ("inside/file/more", NotRead::NoFolder),
            ("linked", NotRead::Link),
            ("file", NotRead::Link),
            ("loop", NotRead::Link),
            ("inside", NotRead::Folder),
        ] {
            let path = path.join(name);
            assert_eq!(reason(read(&path, 7)), expected.to_string(), "{name}");
            assert_eq!(entries(&path).is_ok(), name == "inside", "{name}");
            assert_eq!(open_folder(&path).is_ok(), name == "inside", "{name}");
            assert_eq!(is_folder(&path), name == "inside", "{name}");
        }
        assert!(
            find(&path.join("linked/file"))
                .expect("an answer")
                .is_none()
        );
        assert!(find(&path.join("linked")).expect("an answer").is_some());
        assert!(
            find(&path.join("inside/file"))
                .expect("an answer")
                .is_some()
        );
    }

    #[test]
    fn a_pipe_and_a_device_are_not_opened() {
        let (_home, path) = home();
        let made = Command::new("mkfifo").arg(path.join("pipe")).status();
        assert!(made.expect("mkfifo runs").success());
        assert!(matches!(read(&path.join("pipe"), 7), Err(NotRead::Special)));
        let device = Path::new("/dev/null");
        assert!(matches!(read(device, 7), Err(NotRead::Special)));
    }

    #[test]
    fn entries_are_told_with_their_kinds() {
        let (_home, path) = home();
        symlink("inside", path.join("linked")).expect("a link");
        let all: Result<Vec<_>, _> = entries(&path).expect("a folder").collect();
        let mut all = all.expect("entries");
        all.sort_by(|one, other| one.name().cmp(other.name()));
        let all: Vec<_> = all
            .iter()
            .map(|it| (it.name().to_str(), it.is_folder()))
            .collect();
        assert_eq!(all, [(Some("inside"), true), (Some("linked"), false)]);
        let mut inside = entries(&path.join("inside")).expect("a folder");
        let file = inside.next().expect("an entry").expect("a file");
        let modified = path.join("inside/file").metadata();
        let modified = modified.and_then(|it| it.modified()).ok();
        assert_eq!(inside.modified(&file), modified);
    }
}
