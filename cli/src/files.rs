//! Small files of settings and secrets: read whatever their path names, and written for their owner
//! alone.
#![expect(
    clippy::disallowed_methods,
    reason = "the files that a person names are opened here"
)]

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Maximum size of a file, in bytes.
const MAX_SIZE: u64 = 256 * 1024;

/// Whether the path of a file may be a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    Follow,
    Refuse,
}

/// A file that was read whole.
#[derive(Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub metadata: Metadata,
}

/// Reads a regular file; `None` if there is no file. It never waits for a writer, and never reads
/// more than [`MAX_SIZE`].
///
/// # Errors
/// Those of the system, or a rule that the file breaks; see [`reason`].
pub fn read(path: &Path, links: Links) -> io::Result<Option<Content>> {
    match open(path, links) {
        Ok(file) => content(file).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a file cannot be read, as part of a sentence.
pub fn reason(error: &io::Error) -> String {
    match error.get_ref() {
        Some(rule) => rule.to_string(),
        None => error.kind().to_string(),
    }
}

fn open(path: &Path, links: Links) -> io::Result<File> {
    // Before the file is opened: opening a device may have an effect.
    let metadata = match links {
        Links::Follow => fs::metadata(path)?,
        Links::Refuse => fs::symlink_metadata(path)?,
    };
    check(&metadata)?;
    let file = options(links).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_symlink() {
        return Err(io::Error::other("it is a link"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(())
}

fn content(file: File) -> io::Result<Content> {
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        let size = MAX_SIZE / 1024;
        return Err(io::Error::other(format!("it is larger than {size} KiB")));
    }
    Ok(Content { bytes, metadata })
}

#[cfg(unix)]
fn options(links: Links) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let no_links = match links {
        Links::Follow => OFlags::empty(),
        Links::Refuse => OFlags::NOFOLLOW,
    };
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | no_links;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn options(_: Links) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

/// Stores a private file whole, by a temporary file beside it.
///
/// # Errors
/// Those of the system; [`ErrorKind::AlreadyExists`] if the file exists and may not be replaced.
#[expect(
    clippy::disallowed_methods,
    reason = "the folder of settings is no project"
)]
pub fn store(path: &Path, bytes: &[u8], may_replace: bool) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(dir)?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if may_replace {
        file.persist(path)?;
    } else {
        file.persist_noclobber(path)?;
    }
    Ok(())
}

/// Removes a file; whether there was one.
///
/// # Errors
/// Those of the system.
#[expect(
    clippy::disallowed_methods,
    reason = "the folder of settings is no project"
)]
pub fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The path without links, as far as it exists.
#[cfg(not(windows))]
pub fn canonical(path: &Path) -> PathBuf {
    if let Ok(canonical) = fs::canonicalize(path) {
        return canonical;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            canonical(parent).join(name)
        }
        _ => path.to_owned(),
    }
}

/// The absolute path: Windows has another notation for paths without links, which Docker does not
/// read.
#[cfg(windows)]
pub fn canonical(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(path: &Path, links: Links) -> Result<Option<Vec<u8>>, String> {
        let content = read(path, links).map_err(|error| reason(&error))?;
        Ok(content.map(|content| content.bytes))
    }

    #[test]
    fn only_a_small_regular_file_is_read() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("file"), "text").unwrap();
        fs::write(path("full"), vec![b'#'; MAX_SIZE as usize]).unwrap();
        File::create(path("huge"))
            .unwrap()
            .set_len(1 << 30)
            .unwrap();
        fs::create_dir(path("folder")).unwrap();
        let too_large = Err("it is larger than 256 KiB".to_owned());
        for links in [Links::Follow, Links::Refuse] {
            assert_eq!(outcome(&path("missing"), links), Ok(None));
            assert_eq!(outcome(&path("file"), links), Ok(Some(b"text".to_vec())));
            assert!(outcome(&path("full"), links).is_ok());
            assert_eq!(outcome(&path("huge"), links), too_large);
            let other = Err("it is not a regular file".to_owned());
            assert_eq!(outcome(&path("folder"), links), other);
            assert_eq!(outcome(Path::new("/dev/zero"), links).is_err(), cfg!(unix));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_not_waited_for_and_a_link_is_followed_only_on_request() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let fifo = path("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        fs::write(path("file"), "text").unwrap();
        let link = |target: &str, name: &str| {
            std::os::unix::fs::symlink(path(target), path(name)).unwrap();
        };
        link("file", "link");
        link("fifo", "to-fifo");
        let text = Ok(Some(b"text".to_vec()));
        assert_eq!(outcome(&path("link"), Links::Follow), text);
        let other = Err("it is not a regular file".to_owned());
        assert_eq!(outcome(&fifo, Links::Refuse), other);
        assert_eq!(outcome(&path("to-fifo"), Links::Follow), other);
        let linked = Err("it is a link".to_owned());
        assert_eq!(outcome(&path("link"), Links::Refuse), linked);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_resolved_as_far_as_the_path_exists() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().canonicalize().unwrap();
        fs::create_dir(dir.join("real")).unwrap();
        std::os::unix::fs::symlink(dir.join("real"), dir.join("link")).unwrap();
        for (path, expected) in [
            ("link", "real"),
            ("link/new", "real/new"),
            ("link/new/deeper", "real/new/deeper"),
        ] {
            assert_eq!(canonical(&dir.join(path)), dir.join(expected));
        }
        let windows = Path::new(r"E:\3D");
        assert_eq!(canonical(windows), windows);
    }
}
