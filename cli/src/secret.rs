//! Secrets: where they come from, and that they are shown nowhere.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::Path;

use podslate_backend::Token;
use podslate_shared::{ErrorBody, ErrorCode};

use crate::problem;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret. `name` says what it is, for people.
    ///
    /// # Errors
    /// It is empty, or has characters that no header can carry.
    pub fn new(text: &str, name: &str) -> Result<Self, ErrorBody> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = format!("{name} may have only letters, digits and signs of ASCII");
            return Err(problem::new(ErrorCode::SettingsInvalid, what));
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret of an environment variable, if that is set and not empty.
    ///
    /// # Errors
    /// As [`Secret::new`].
    pub fn from_environment(variable: &str) -> Result<Option<Self>, ErrorBody> {
        match std::env::var_os(variable) {
            Some(value) if !value.is_empty() => {
                Self::new(&value.to_string_lossy(), variable).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The secret in a file, which only its owner may read; `None` if there is no file.
    ///
    /// # Errors
    /// Others may read the file, or it cannot be read.
    pub fn from_file(path: &Path) -> Result<Option<Self>, ErrorBody> {
        let shown = path.display();
        let failed = |error: std::io::Error| {
            let what = format!("the file `{shown}` cannot be read ({})", error.kind());
            problem::new(ErrorCode::SettingsInvalid, what)
        };
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if is_open_to_others(&metadata) {
            return Err(problem::hinted(
                ErrorCode::SettingsInvalid,
                format!("the file `{shown}` holds a secret, but other users may read it"),
                format!("Take the permission away with `chmod 600 {shown}`."),
            ));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::new(&text, &format!("the secret in `{shown}`")).map(Some)
    }

    /// Makes a token for a pod and keeps it in a new file that only its owner may read. The file
    /// appears whole, and if another program made one meanwhile, that one counts.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn make(path: &Path) -> Result<Self, ErrorBody> {
        let failed = |what: &dyn fmt::Display| {
            let path = path.display();
            let what = format!("the token of the pod cannot be kept in `{path}` ({what})");
            problem::new(ErrorCode::SettingsInvalid, what)
        };
        let token = Token::random().map_err(|error| failed(&error))?;
        let written = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let unfinished = path.with_extension(format!("{}.new", std::process::id()));
            let mut file = owner_only()
                .create_new(true)
                .write(true)
                .open(&unfinished)?;
            writeln!(file, "{}", token.reveal())?;
            file.sync_all()?;
            let published = std::fs::hard_link(&unfinished, path);
            std::fs::remove_file(&unfinished)?;
            published
        };
        match written() {
            Ok(()) => Ok(Self(token.reveal().to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Self::from_file(path)?.ok_or_else(|| failed(&error.kind()))
            }
            Err(error) => Err(failed(&error.kind())),
        }
    }

    /// The secret itself, for the one place that it is sent to.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the secret, if somebody says it back.
    pub fn hide_in(&self, text: &str) -> String {
        text.replace(&self.0, "[hidden]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere a file of the user is the user's own by default.
#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

fn owner_only() -> std::fs::OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = std::fs::OpenOptions::new();
        options.mode(0o600);
        options
    }
    #[cfg(not(unix))]
    std::fs::OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_token_is_read_again_and_shown_nowhere() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/token");
        assert_eq!(Secret::from_file(&path).unwrap(), None);
        let made = Secret::make(&path).unwrap();
        assert_eq!(Secret::from_file(&path).unwrap(), Some(made.clone()));
        assert!(!format!("{made:?}").contains(made.reveal()));
        assert_eq!(
            made.hide_in(&format!("a {} b", made.reveal())),
            "a [hidden] b"
        );
        // What exists is not written over, and counts.
        assert_eq!(Secret::make(&path).unwrap(), made);
        let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing unfinished stays");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("token");
        std::fs::write(&path, "canary-0123456789\n").unwrap();
        for (mode, passes) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = Secret::from_file(&path);
            assert_eq!(read.is_ok(), passes, "{mode:o}");
            if let Err(error) = read {
                assert!(error.error.contains("other users may read it"), "{error}");
                assert!(error.hint.unwrap().contains("chmod 600"));
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
