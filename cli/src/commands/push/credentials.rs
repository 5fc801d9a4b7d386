//! Key to the storage, from the environment or from a credentials file of AWS.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use ini::Ini;
use object_store::aws::AwsCredential;

use crate::env_vars::{self, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN};
use crate::error::{Error, Result};
use crate::files::{self, Links};
use crate::{output, secret};

/// Reads the key. A file that the command names takes precedence over the environment.
pub fn read(file: Option<&Path>) -> Result<AwsCredential> {
    let profile = variable(env_vars::AWS_PROFILE);
    let profile = profile.as_deref().unwrap_or("default");
    if let Some(file) = file {
        return from_file(file, profile);
    }
    if let Some(key) = key(variable) {
        return Ok(key);
    }
    let is_set = |name| variable(name).is_some();
    if is_set(AWS_ACCESS_KEY_ID) || is_set(AWS_SECRET_ACCESS_KEY) {
        let reason = format!("{AWS_ACCESS_KEY_ID} or {AWS_SECRET_ACCESS_KEY} is not set");
        return Err(missing(reason));
    }
    let file = variable(env_vars::AWS_SHARED_CREDENTIALS_FILE).map(PathBuf::from);
    let file = file.or_else(|| Some(env::home_dir()?.join(".aws").join("credentials")));
    match file.filter(|file| podslate_disk::is_named(file)) {
        Some(file) => from_file(&file, profile),
        None => Err(missing("none were given".to_owned())),
    }
}

fn variable(name: &str) -> Option<String> {
    env_vars::get(name)?.into_string().ok()
}

fn from_file(path: &Path, profile: &str) -> Result<AwsCredential> {
    // AWS's own programs read such a file without a word.
    if let Some(exposure) = secret::exposure(path) {
        output::warning(&format!("{exposure}; `chmod 600` prevents it"));
    }
    let shown = path.display();
    let unusable = |reason: &dyn Display| missing(format!("`{shown}`: {reason}"));
    let content = files::read(path, Links::Follow);
    let content = content.map_err(|error| unusable(&files::reason(&error)))?;
    let content = content.ok_or_else(|| unusable(&"it does not exist"))?;
    let text = String::from_utf8(content.bytes).map_err(|_| unusable(&"it is not text"))?;
    let file = Ini::load_from_str_noescape(&text).map_err(|error| unusable(&error))?;
    let value = |name: &str| {
        let mut values = file.section(Some(profile))?.iter();
        // The names are usually lowercase.
        let (_, value) = values.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    key(value).ok_or_else(|| missing(format!("`{shown}` has no key under `[{profile}]`")))
}

fn key(value: impl Fn(&str) -> Option<String>) -> Option<AwsCredential> {
    Some(AwsCredential {
        key_id: value(AWS_ACCESS_KEY_ID)?,
        secret_key: value(AWS_SECRET_ACCESS_KEY)?,
        token: value(AWS_SESSION_TOKEN),
    })
}

fn missing(reason: String) -> Error {
    Error::CredentialsMissing { reason }
}
