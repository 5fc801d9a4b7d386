//! Files with a secret, which only their owner may read.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Result};

/// Content of a private file; `None` if there is no file.
pub fn read(path: &Path) -> Result<Option<String>> {
    if let Some(reason) = exposure(path) {
        let hint = format!("Revoke the permission with `chmod 600 {}`.", path.display());
        return Err(Error::SettingsInvalid { reason }.with_hint(hint));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let (file, kind) = (path.display(), error.kind());
            let reason = format!("the file `{file}` cannot be read ({kind})");
            Err(Error::SettingsInvalid { reason })
        }
    }
}

/// Sentence about a file that other users may read; `None` for any other.
pub fn exposure(path: &Path) -> Option<String> {
    let is_exposed = fs::metadata(path).is_ok_and(|metadata| !is_private(&metadata));
    let file = path.display();
    is_exposed.then(|| format!("the file `{file}` holds a secret, but other users may read it"))
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
