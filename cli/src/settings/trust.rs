//! Settings files that the user has allowed, each with a digest of what was allowed: one record per
//! path in the user's folder of settings.
#![expect(
    clippy::disallowed_methods,
    reason = "the folder of settings is not in a workspace"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::source::{Source, user_dir};
use crate::error::{Error, Result};
use crate::files::{self, Links};

const DIR: &str = "trusted";

/// What the user has said about a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Allowed,
    /// Another content was allowed, or its paths led elsewhere.
    Changed,
    Unknown,
}

/// Looks a settings file up.
pub fn of(source: &Source) -> Result<Trust> {
    let Some(record) = record_path(&source.path) else {
        return Ok(Trust::Unknown);
    };
    let content = files::read(&record, Links::Refuse).map_err(|error| failed(&record, &error))?;
    Ok(
        match content.as_ref().and_then(|content| parse(&content.bytes)) {
            None => Trust::Unknown,
            Some((digest, path)) if digest == source.digest && path == shown(&source.path) => {
                Trust::Allowed
            }
            Some(_) => Trust::Changed,
        },
    )
}

/// Allows a settings file as it was read.
pub fn allow(source: &Source) -> Result<()> {
    let record = record_path(&source.path).ok_or_else(|| {
        let reason = "there is no folder for the user's settings".to_owned();
        Error::SettingsInvalid { reason }.with_hint("Set `HOME`, or name the file with `--config`.")
    })?;
    let text = format!("{}\n{}\n", source.digest, shown(&source.path));
    files::store(&record, text.as_bytes(), true).map_err(|error| failed(&record, &error))
}

/// Revokes what was allowed for a path; whether something was.
pub fn revoke(path: &Path) -> Result<bool> {
    record_path(path).map_or(Ok(false), |record| {
        files::remove(&record).map_err(|error| failed(&record, &error))
    })
}

/// Paths of all allowed files, in order.
pub fn list() -> Result<Vec<String>> {
    let Some(dir) = user_dir().map(|dir| dir.join(DIR)) else {
        return Ok(Vec::new());
    };
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed(&dir, &error))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let record = entry.map_err(|error| failed(&dir, &error))?.path();
        let content = files::read(&record, Links::Refuse).ok().flatten();
        let parsed = content.as_ref().and_then(|content| parse(&content.bytes));
        paths.extend(parsed.map(|(_, path)| path.to_owned()));
    }
    paths.sort();
    Ok(paths)
}

/// Digest and path in a record.
fn parse(bytes: &[u8]) -> Option<(&str, &str)> {
    let text = str::from_utf8(bytes).ok()?;
    text.strip_suffix('\n')?.split_once('\n')
}

/// File of the record for a path.
fn record_path(path: &Path) -> Option<PathBuf> {
    let name = const_hex::encode(Sha256::digest(path.as_os_str().as_encoded_bytes()));
    Some(user_dir()?.join(DIR).join(name))
}

/// The path as text; the name of the record tells paths apart that are not Unicode.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn failed(path: &Path, error: &io::Error) -> Error {
    let (path, reason) = (path.display(), files::reason(error));
    let reason = format!("`{path}` cannot be used ({reason})");
    Error::SettingsInvalid { reason }
}
