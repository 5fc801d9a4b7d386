//! Sources of settings: the file that a command names, the one found in the current folder, and the
//! user's own.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use const_hex::encode;
use etcetera::BaseStrategy;
use sha2::{Digest, Sha256};

use super::file::File;
use crate::error::{Error, Result};
use crate::files::{self, Links};

const FILE_NAME: &str = "podslate.toml";

/// A settings file that was read.
#[derive(Debug)]
pub struct Source {
    /// Absolute path.
    pub path: PathBuf,
    pub file: File,
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has owners"))]
    pub metadata: Metadata,
    /// Digest of the bytes that were read and of the places that their paths lead to.
    pub digest: String,
}

impl Source {
    /// The file that a command names.
    pub fn named(path: &Path) -> Result<Self> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let missing = || unusable(&absolute, "does not exist");
        Self::read(&absolute, Links::Follow)?.ok_or_else(missing)
    }

    /// The file in the user's folder of settings, if there is one.
    pub fn of_user() -> Result<Option<Self>> {
        user_dir().map_or(Ok(None), |dir| {
            Self::read(&dir.join(FILE_NAME), Links::Follow)
        })
    }

    /// The file at the path of one that a command finds, as it would be used; `None` if there is
    /// none.
    pub fn found_at(path: &Path) -> Result<Option<Self>> {
        let Some(mut source) = Self::read(path, Links::Refuse)? else {
            return Ok(None);
        };
        source.file.follow_links();
        source.digest = source.digest_with_paths();
        Ok(Some(source))
    }

    fn read(path: &Path, links: Links) -> Result<Option<Self>> {
        let unreadable = |reason: &str| unusable(path, &format!("cannot be read ({reason})"));
        let content = files::read(path, links);
        let content = content.map_err(|error| {
            let hint = format!(
                "To use it nevertheless, name it with `--config`: {FILE_NAME} is \
                                only found as a regular file."
            );
            unreadable(&files::reason(&error)).with_hint(hint)
        })?;
        let Some(content) = content else {
            return Ok(None);
        };
        let digest = encode(Sha256::digest(&content.bytes));
        let text = String::from_utf8(content.bytes).map_err(|_| unreadable("it is not text"))?;
        let mut file = File::parse(&text, &path.display().to_string())?;
        file.resolve(path.parent().unwrap_or(Path::new("")));
        let path = path.to_owned();
        Ok(Some(Self {
            path,
            file,
            metadata: content.metadata,
            digest,
        }))
    }

    fn digest_with_paths(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(&self.digest);
        for path in self.file.paths() {
            let path = path.map(|path| encode(path.as_os_str().as_encoded_bytes()));
            digest.update("\n");
            digest.update(path.unwrap_or_default());
        }
        encode(digest.finalize())
    }
}

/// Path of the settings file that a command finds, unless the current folder is the user's own
/// folder of settings.
pub fn found_path() -> Option<PathBuf> {
    let current = files::canonical(&std::env::current_dir().ok()?);
    let is_own = user_dir().is_some_and(|dir| files::canonical(&dir) == current);
    (!is_own).then(|| current.join(FILE_NAME))
}

/// Path under which a command finds the file `path`, or the one in the folder `path`, when it is
/// run in the file's folder.
pub fn path_when_found(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = if podslate_disk::is_named_folder(&path) {
        path.join(FILE_NAME)
    } else {
        path
    };
    match (path.parent(), path.file_name()) {
        (Some(dir), Some(name)) if name == FILE_NAME => Ok(files::canonical(dir).join(name)),
        _ => {
            let shown = path.display();
            let reason = format!("`{shown}` is not called `{FILE_NAME}`, so no command finds it");
            Err(Error::invalid(reason).with_hint("Name it with `--config FILE`."))
        }
    }
}

/// The user's folder of settings.
pub fn user_dir() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("podslate"))
}

fn unusable(path: &Path, problem: &str) -> Error {
    let reason = format!("`{}` {problem}", path.display());
    Error::SettingsInvalid { reason }
}
