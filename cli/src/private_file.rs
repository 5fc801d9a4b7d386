//! Files with a secret, which only their owner may read.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Reason why a private file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Other users may read it.
    #[error("the file `{}` holds a secret, but other users may read it", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// The system reported an error.
    #[error("the file `{}` cannot be read ({kind})", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Kind of the error.
        kind: ErrorKind,
    },
}

impl ReadError {
    /// What to do, unless the sentence says it already.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotPrivate { path } => Some(format!(
                "Revoke the permission with `chmod 600 {}`.",
                path.display()
            )),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Content of a private file; `None` if there is no file.
pub fn read(path: &Path) -> Result<Option<String>, ReadError> {
    let read = || -> io::Result<Option<String>> {
        let is_private = is_private(&fs::metadata(path)?);
        is_private.then(|| fs::read_to_string(path)).transpose()
    };
    match read() {
        Ok(Some(text)) => Ok(Some(text)),
        Ok(None) => Err(ReadError::NotPrivate {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError::Unreadable {
            path: path.to_owned(),
            kind: error.kind(),
        }),
    }
}

#[cfg(unix)]
fn is_private(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 == 0
}

/// Windows keeps the files in a user's profile from other users.
#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(&path, "canary\n").unwrap();
        for (mode, is_read) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match read(&path) {
                Ok(text) => assert!(is_read && text.as_deref() == Some("canary\n"), "{mode:o}"),
                Err(error) => {
                    assert!(!is_read, "{mode:o}");
                    assert!(
                        error.to_string().contains("other users may read it"),
                        "{error}"
                    );
                    assert!(error.hint().unwrap().contains("chmod 600"));
                }
            }
        }
    }
}
