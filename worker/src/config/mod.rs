//! The project's configuration on the disk: the name in it follows that of the folder.

pub mod text;

use podslate_shared::layout::{CONFIG_FILE, CONFIG_FOLDER, STAGING_PREFIX};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use crate::dir::{Dir, Error};
use crate::workspace::{self, failed};
use text::with_name;

/// How often to begin anew where somebody else saves the file at the same moment.
const ATTEMPTS: usize = 3;

/// The project's configuration, reached through its folder, which is opened once.
pub struct Config {
    /// The folder, if there is one.
    pub folder: Option<Dir>,
}

impl Config {
    /// Opens the folder of the configuration of the project `name`.
    pub fn open(project: &Dir, name: &ProjectName) -> Result<Self, ErrorBody> {
        match project.open_dir(CONFIG_FOLDER) {
            Ok(folder) => Ok(Self {
                folder: Some(folder),
            }),
            Err(Error::Missing) => Ok(Self { folder: None }),
            Err(Error::Link | Error::NotDirectory) => Err(invalid(name)),
            Err(error) => Err(failed(error)),
        }
    }

    /// The text, or `None` if there is no configuration; an error if it cannot take a name.
    pub fn read(&self, name: &ProjectName) -> Result<Option<String>, ErrorBody> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let bytes = match folder.read(CONFIG_FILE) {
            Ok(bytes) => bytes,
            Err(Error::Missing) => return Ok(None),
            Err(Error::Link | Error::NotDirectory | Error::IsDirectory) => {
                return Err(invalid(name));
            }
            Err(error) => return Err(failed(error)),
        };
        let text = String::from_utf8(bytes).map_err(|_| invalid(name))?;
        match with_name(&text, name) {
            Some(_) => Ok(Some(text)),
            None => Err(invalid(name)),
        }
    }

    /// Reads the file again, which may have changed since, and puts one that says `name` in its
    /// place unless `is_elsewhere` says that the project has another name by now; whether there
    /// was one.
    pub fn write_name(
        &self,
        name: &ProjectName,
        is_elsewhere: &dyn Fn() -> bool,
    ) -> Result<bool, ErrorBody> {
        for _ in 0..ATTEMPTS {
            let Some(text) = self.read(name)? else {
                return Ok(false);
            };
            if is_elsewhere() {
                break;
            }
            if self.replace(&text, name)? {
                return Ok(true);
            }
        }
        Err(ErrorBody::new(ErrorCode::Busy, name.as_str()))
    }

    /// Puts a file that says `name` in the place of the one that says `text`; whether it still said
    /// that, because what an editor saves meanwhile must not be lost.
    pub fn replace(&self, text: &str, name: &ProjectName) -> Result<bool, ErrorBody> {
        let (Some(folder), Some(new)) = (&self.folder, with_name(text, name)) else {
            return Err(invalid(name));
        };
        let staging = workspace::hidden_name(STAGING_PREFIX)?;
        let replaced = folder.write_new(&staging, new.as_bytes()).and_then(|()| {
            match folder.read(CONFIG_FILE)? == text.as_bytes() {
                true => folder.rename(&staging, CONFIG_FILE).map(|()| true),
                false => Ok(false),
            }
        });
        if replaced != Ok(true) {
            let _ = folder.remove_file(&staging);
        }
        replaced.map_err(failed)
    }
}

fn invalid(name: &ProjectName) -> ErrorBody {
    ErrorBody::new(ErrorCode::ConfigInvalid, name.as_str())
}
