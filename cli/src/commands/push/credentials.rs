//! The key to the storage: from the environment, or from a file that only its owner may read.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use object_store::aws::AwsCredential;
use podslate_shared::{ErrorBody, ErrorCode};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";

/// Reads the key; `file` was named by a person and comes first.
///
/// # Errors
/// [`ErrorCode::CredentialsMissing`].
pub fn read(file: Option<&Path>) -> Result<AwsCredential, ErrorBody> {
    if let Some(file) = file {
        return from_file(file);
    }
    match (variable(KEY_ID), variable(SECRET)) {
        (Some(key_id), Some(secret_key)) => Ok(AwsCredential {
            key_id,
            secret_key,
            token: variable(TOKEN),
        }),
        (None, None) => match usual_file() {
            Some(file) if file.exists() => from_file(&file),
            _ => Err(missing("none were given")),
        },
        (None, Some(_)) => Err(missing(&format!("{KEY_ID} is not set"))),
        (Some(_), None) => Err(missing(&format!("{SECRET} is not set"))),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn usual_file() -> Option<PathBuf> {
    let named = env::var_os("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    named.or_else(|| Some(env::home_dir()?.join(".aws").join("credentials")))
}

fn from_file(path: &Path) -> Result<AwsCredential, ErrorBody> {
    let shown = path.display();
    let unreadable = |error: io::Error| missing(&format!("`{shown}`: {}", error.kind()));
    if !is_private(&fs::metadata(path).map_err(unreadable)?) {
        return Err(missing(&format!(
            "others may read `{shown}`; `chmod 600` makes it yours alone"
        )));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let profile = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    let value = |key| value_in(&text, &profile, key).map(str::to_owned);
    match (value(KEY_ID), value(SECRET)) {
        (Some(key_id), Some(secret_key)) => Ok(AwsCredential {
            key_id,
            secret_key,
            token: value(TOKEN),
        }),
        _ => Err(missing(&format!(
            "`{shown}` has no key under `[{profile}]`"
        ))),
    }
}

/// The value of a key, which the file writes in small letters, in a section of the file.
fn value_in<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut lines = text.lines().map(str::trim);
    let header = |line: &&str| line.starts_with('[');
    lines.find(|line| {
        let name = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        name.is_some_and(|name| name.trim() == section)
    })?;
    lines
        .take_while(|line| !header(line))
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

#[cfg(unix)]
fn is_private(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 == 0
}

/// Windows keeps what is in a person's profile from others.
#[cfg(not(unix))]
fn is_private(_file: &fs::Metadata) -> bool {
    true
}

fn missing(what: &str) -> ErrorBody {
    ErrorBody::new(ErrorCode::CredentialsMissing, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_section() {
        let text = "[default]\naws_access_key_id = user_1\n# aws_secret_access_key = old\n\
                    aws_secret_access_key=rps_=1\n\n[other]\naws_access_key_id = user_2\n";
        assert_eq!(value_in(text, "default", KEY_ID), Some("user_1"));
        assert_eq!(value_in(text, "default", SECRET), Some("rps_=1"));
        assert_eq!(value_in(text, "other", KEY_ID), Some("user_2"));
        assert_eq!(value_in(text, "other", SECRET), None);
        assert_eq!(value_in(text, "none", KEY_ID), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("credentials");
        let text = "[default]\naws_access_key_id=user_1\naws_secret_access_key=canary\n";
        fs::write(&path, text).expect("written");
        let allow = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        allow(0o600).expect("allowed");
        assert_eq!(from_file(&path).expect("a key").secret_key, "canary");
        for mode in [0o640, 0o604] {
            allow(mode).expect("allowed");
            let error = from_file(&path).expect_err("refused");
            assert_eq!(error.code, ErrorCode::CredentialsMissing);
            assert!(error.error.contains("chmod 600") && !error.error.contains("canary"));
        }
    }
}
