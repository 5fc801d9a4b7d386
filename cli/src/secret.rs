//! Secrets, which are never printed, and the files that hold them, which only their owner may read.

use std::io::ErrorKind;
use std::path::Path;
use std::{fmt, fs};

use podslate_backend::Token;

use crate::env_vars;
use crate::error::{Error, Result};
use crate::files::{self, Links};

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Validates a secret; `name` names it in the error.
    pub fn new(text: &str, name: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let reason = format!("{name} may contain only ASCII letters, digits and punctuation");
            return Err(Error::SettingsInvalid { reason });
        }
        Ok(Self(text.to_owned()))
    }

    /// Secret in an environment variable, or else in a private file; `None` if there is neither.
    pub fn find(variable: &str, file: Option<&Path>) -> Result<Option<Self>> {
        match env_vars::get(variable) {
            Some(value) => Self::new(&value.to_string_lossy(), variable).map(Some),
            None => file.map_or(Ok(None), Self::from_file),
        }
    }

    /// Secret in a private file; `None` if there is no file.
    pub fn from_file(path: &Path) -> Result<Option<Self>> {
        let name = format!("the secret in `{}`", path.display());
        let text = read(path)?;
        text.map(|text| Self::new(&text, &name)).transpose()
    }

    /// Creates a token for a pod and keeps it in a new private file. The file appears whole; if
    /// another program created one in the meantime, its token is used.
    pub fn create(path: &Path) -> Result<Self> {
        let failed = |reason: &dyn fmt::Display| Error::SettingsInvalid {
            reason: format!(
                "the token for the pod cannot be stored in `{}` ({reason})",
                path.display()
            ),
        };
        let token = Token::random().map_err(|error| failed(&error))?;
        let line = format!("{}\n", token.reveal());
        match files::store(path, line.as_bytes(), false) {
            Ok(()) => Ok(Self(token.reveal().to_owned())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Self::from_file(path)?.ok_or_else(|| failed(&error.kind()))
            }
            Err(error) => Err(failed(&error.kind())),
        }
    }

    /// The secret itself, for the one place that it is sent to.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the secret, in case somebody echoes it.
    pub fn hide_in(&self, text: &str) -> String {
        text.replace(&self.0, "[hidden]")
    }
}

/// Content of a file that only its owner may read; `None` if there is no file.
fn read(path: &Path) -> Result<Option<String>> {
    let shown = path.display();
    let unreadable = |reason: String| {
        let reason = format!("the file `{shown}` cannot be read ({reason})");
        Error::SettingsInvalid { reason }
    };
    let content = files::read(path, Links::Follow);
    let content = content.map_err(|error| {
        unreadable(files::reason(&error)).with_hint(
            "A secret is read from a regular file; to take the token from a program, set \
             `PODSLATE_TOKEN` to its output.",
        )
    })?;
    let Some(content) = content else {
        return Ok(None);
    };
    if !is_private(&content.metadata) {
        let hint = format!("Revoke the permission with `chmod 600 {shown}`.");
        let reason = exposed(path);
        return Err(Error::SettingsInvalid { reason }.with_hint(hint));
    }
    let text = String::from_utf8(content.bytes);
    text.map(Some)
        .map_err(|_| unreadable("it is not text".to_owned()))
}

/// Sentence about a file that other users may read; `None` for any other.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is named by a person, and only looked at"
)]
pub fn exposure(path: &Path) -> Option<String> {
    let is_exposed = fs::metadata(path).is_ok_and(|metadata| !is_private(&metadata));
    is_exposed.then(|| exposed(path))
}

fn exposed(path: &Path) -> String {
    let file = path.display();
    format!("the file `{file}` holds a secret, but other users may read it")
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_created_token_is_read_again_and_never_shown() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/token");
        assert_eq!(Secret::from_file(&path).unwrap(), None);
        let created = Secret::create(&path).unwrap();
        assert_eq!(Secret::from_file(&path).unwrap(), Some(created.clone()));
        assert!(!format!("{created:?}").contains(created.reveal()));
        assert_eq!(
            created.hide_in(&format!("a {} b", created.reveal())),
            "a [hidden] b"
        );
        // An existing file is not replaced, and its token is used.
        assert_eq!(Secret::create(&path).unwrap(), created);
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        assert_eq!(read(&path).unwrap(), None);
        fs::write(&path, "canary-0123456789\n").unwrap();
        for (mode, is_read) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match (read(&path), Secret::from_file(&path)) {
                (Ok(text), Ok(secret)) => {
                    assert!(is_read && secret.is_some(), "{mode:o}");
                    assert_eq!(text.as_deref(), Some("canary-0123456789\n"));
                }
                (text, secret) => {
                    assert!(!is_read && text.is_err(), "{mode:o}");
                    let error = secret.unwrap_err();
                    let sentence = error.to_string();
                    assert!(sentence.contains("other users may read it"), "{sentence}");
                    assert!(error.hint().unwrap().contains("chmod 600"));
                }
            }
        }
    }

    #[test]
    fn a_secret_fits_into_a_header() {
        assert!(Secret::new("abc\n", "x").is_ok());
        for text in ["", " ", "a b", "ä", "a\nb"] {
            assert!(Secret::new(text, "x").is_err(), "{text:?}");
        }
    }
}
