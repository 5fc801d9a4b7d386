//! Configuration file of a project, whose name follows the folder's.

pub mod text;

use podslate_shared::layout::{CONFIG_FILE, CONFIG_FOLDER};
use podslate_shared::{Error, ProjectName, Result};

use crate::dir::{self, Dir};
use crate::temp_name;
use text::with_name;

/// Maximum size of the file, in bytes. Nobody writes a larger one by hand.
const MAX_BYTES: u64 = 4 << 20;
/// Maximum number of attempts while another program saves the file.
const MAX_ATTEMPTS: usize = 3;

/// The configuration of a project, reached through its folder, which is opened once.
pub struct Config<'a> {
    /// Folder that contains the file.
    pub folder: Dir,
    name: &'a ProjectName,
}

impl<'a> Config<'a> {
    /// Opens the configuration's folder of the project `name`, unless it is missing.
    pub fn open(project: &Dir, name: &'a ProjectName) -> Result<Option<Self>> {
        match project.open_dir(CONFIG_FOLDER) {
            Ok(folder) => Ok(Some(Self { folder, name })),
            Err(dir::Error::Missing) => Ok(None),
            Err(dir::Error::Link | dir::Error::NotDirectory) => Err(invalid(name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Text of the file, unless it is missing.
    ///
    /// # Errors
    /// [`Error::ConfigInvalid`] if it is not a JSON object that can take a name.
    pub fn read(&self) -> Result<Option<String>> {
        let bytes = match self.folder.read(CONFIG_FILE, MAX_BYTES) {
            Err(dir::Error::Missing) => return Ok(None),
            Err(
                dir::Error::Link
                | dir::Error::IsDirectory
                | dir::Error::NotAFile
                | dir::Error::TooLarge,
            ) => None,
            bytes => Some(bytes?),
        };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let valid = text.filter(|text| with_name(text, self.name).is_some());
        valid.map(Some).ok_or_else(|| invalid(self.name))
    }

    /// Writes the name into the file as it is now, as [`Config::replace`] does.
    pub fn update(&self, is_there: &dyn Fn(&str) -> bool) -> Result<bool> {
        for _ in 0..MAX_ATTEMPTS {
            match self.read()? {
                Some(text) if self.replace(&text, is_there)? => return Ok(true),
                Some(_) => {}
                None => break,
            }
        }
        Ok(false)
    }

    /// Replaces the file if it still contains `text`, so that nothing is lost that an editor has
    /// saved since, and if the project `is_there`, given the new file's name beside it; returns
    /// whether it did.
    pub fn replace(&self, text: &str, is_there: &dyn Fn(&str) -> bool) -> Result<bool> {
        let new = with_name(text, self.name).ok_or_else(|| invalid(self.name))?;
        let staging = temp_name::staging()?;
        let written = self.folder.write_new(&staging, new.as_bytes());
        let replaced = written.and_then(|()| {
            let replaces =
                is_there(&staging) && self.folder.read(CONFIG_FILE, MAX_BYTES)? == text.as_bytes();
            if replaces {
                self.folder.rename(&staging, CONFIG_FILE)?;
            }
            Ok(replaces)
        });
        if replaced != Ok(true) {
            let _ = self.folder.remove_file(&staging);
        }
        Ok(replaced?)
    }
}

fn invalid(name: &ProjectName) -> Error {
    Error::ConfigInvalid { name: name.clone() }
}
