//! Configuration file of a project, whose name follows the folder's.

use podslate_shared::layout::{CONFIG_FILE, CONFIG_FOLDER};
use podslate_shared::{
    Config as Content, ConfigReason, Error, FolderName, InvalidConfig, ProjectName, Result, config,
};

use crate::dir::{self, Dir};
use crate::temp_name;

/// Maximum number of attempts while another program saves the file.
const MAX_ATTEMPTS: usize = 3;

/// The configuration of a project, reached through its folder, which is opened once.
pub struct Config<'a> {
    /// Folder that contains the file.
    pub folder: Dir,
    project: FolderName,
    workspace: &'a Dir,
}

impl<'a> Config<'a> {
    /// Opens the configuration's folder of `project` in the folder `dir`, unless it is missing.
    pub fn open(workspace: &'a Dir, dir: &Dir, project: &FolderName) -> Result<Option<Self>> {
        match dir.open_dir(CONFIG_FOLDER) {
            Ok(folder) => Ok(Some(Self {
                folder,
                project: project.clone(),
                workspace,
            })),
            Err(dir::Error::Missing) => Ok(None),
            Err(dir::Error::Link | dir::Error::NotDirectory | dir::Error::NotAFile) => {
                Err(invalid(project, ConfigReason::FolderReplaced))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Bytes of the file, unless it is missing.
    ///
    /// # Errors
    /// [`Error::ConfigInvalid`] if it cannot take a name.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        let reason = match self.folder.read(CONFIG_FILE, config::MAX_SIZE as u64) {
            Ok(bytes) => return self.check(bytes).map(Some),
            Err(dir::Error::Missing) => return Ok(None),
            Err(dir::Error::Link) => ConfigReason::Link,
            Err(dir::Error::IsDirectory) => ConfigReason::Folder,
            Err(dir::Error::NotAFile) => ConfigReason::Special,
            Err(dir::Error::TooLarge) => ConfigReason::TooLarge,
            Err(error) => return Err(error.into()),
        };
        Err(invalid(&self.project, reason))
    }

    fn check(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        match Content::parse(&bytes) {
            Ok(_) => Ok(bytes),
            Err(problem) => Err(invalid(&self.project, problem)),
        }
    }

    /// Writes the name into the file as it is now, as [`Config::replace`] does.
    pub fn update(&self, name: &ProjectName, is_there: &dyn Fn(&str) -> bool) -> Result<bool> {
        for _ in 0..MAX_ATTEMPTS {
            match self.read()? {
                Some(bytes) if self.replace(&bytes, name, is_there)? => return Ok(true),
                Some(_) => {}
                None => break,
            }
        }
        Ok(false)
    }

    /// Replaces the file by one with another name if it still contains `bytes`, so that nothing is
    /// lost that an editor has saved since, and if the project `is_there`, given the new file's name
    /// beside it; returns whether it did. The new file has the owner and the permissions of the old
    /// one, as far as this program may give them.
    pub fn replace(
        &self,
        bytes: &[u8],
        name: &ProjectName,
        is_there: &dyn Fn(&str) -> bool,
    ) -> Result<bool> {
        let content = Content::parse(bytes).map_err(|problem| invalid(&self.project, problem))?;
        let new = content.with_name(name);
        let staging = temp_name::staging()?;
        let path = [self.project.as_str(), "/", CONFIG_FOLDER, "/", &staging].concat();
        let place = (self.workspace, path.as_str());
        let new = new.as_bytes();
        let written = self.folder.write_like(CONFIG_FILE, &staging, new, place);
        let replaced = written.and_then(|()| {
            let replaces = is_there(&staging)
                && self.folder.read(CONFIG_FILE, config::MAX_SIZE as u64)? == bytes;
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

fn invalid(project: &FolderName, problem: impl Into<podslate_shared::ConfigProblem>) -> Error {
    let (name, problem) = (project.clone(), problem.into());
    let config = InvalidConfig { name, problem };
    Error::ConfigInvalid { config }
}
