//! The workspace: opening it, and finding projects and conflicting names in it.

use std::collections::BinaryHeap;

use podslate_shared::layout::{CONFIG_FILE, CONFIG_FOLDER, STAGES};
use podslate_shared::{Cause, Error, FolderName, ProjectName, Result};

use crate::dir::{self, Dir, Kind};
use crate::output;

/// An open workspace.
pub struct Workspace {
    /// Folder that contains the projects.
    pub dir: Dir,
    path: String,
    scan: bool,
}

impl Workspace {
    /// Opens an existing workspace. `scan` is whether to search it for names that differ from a new
    /// one only by case.
    pub fn open(path: &str, scan: bool) -> Result<Self> {
        Self::new(Dir::open(path), path, scan)
    }

    /// Opens a workspace and creates it if it is missing.
    pub fn open_or_create(path: &str, scan: bool) -> Result<Self> {
        let mut dir = Dir::open(path);
        if matches!(dir, Err(dir::Error::Missing)) {
            create_all(path);
            dir = Dir::open(path);
        }
        Self::new(dir, path, scan)
    }

    fn new(dir: dir::Result<Dir>, path: &str, scan: bool) -> Result<Self> {
        Ok(Self {
            dir: dir.map_err(|error| unavailable(path, error))?,
            path: path.to_owned(),
            scan,
        })
    }

    /// Folder of a project, as this program sees it.
    pub fn project_path(&self, name: &ProjectName) -> String {
        format!("{}/{name}", self.path.trim_end_matches('/'))
    }

    /// Opens the folder of this name, unless it is missing. A link is not followed.
    pub fn open_project(&self, name: &FolderName) -> Result<Option<Dir>> {
        match self.dir.open_dir(name.as_str()) {
            Ok(project) => Ok(Some(project)),
            Err(dir::Error::Missing | dir::Error::Named(Cause::NameTooLong)) => Ok(None),
            Err(error) => match self.dir.kind(name.as_str())? {
                None => Ok(None),
                Some(Kind::Directory) => Err(error.into()),
                Some(_) => Err(Error::NotAProject { name: name.clone() }),
            },
        }
    }

    /// Whether the open folder has exactly this name, which is not certain where case does not matter.
    pub fn has_true_name(&self, project: &Dir, name: &FolderName) -> Result<bool> {
        let other = name.in_other_case();
        if other == name.as_str() || self.dir.identity_of(&other)? != Some(project.identity()?) {
            return Ok(true);
        }
        let entries = self.dir.entries()?;
        Ok(entries.iter().any(|(entry, _)| entry == name.as_str()))
    }

    /// Refuses the name of an existing entry, and one that differs from it only by case.
    pub fn check_free(&self, name: &ProjectName) -> Result<()> {
        if !self.scan {
            return Ok(());
        }
        let is_taken = self.dir.kind(name.as_str())?.is_some();
        // On a case-insensitive disk this entry may be the conflict, which is the better error.
        self.check_case(name, None)?;
        if is_taken {
            return Err(Error::NameTaken { name: name.clone() });
        }
        Ok(())
    }

    /// Refuses a name that differs only by case from an entry other than `renamed`.
    pub fn check_case(&self, name: &ProjectName, renamed: Option<&str>) -> Result<()> {
        if !self.scan {
            return Ok(());
        }
        let entries = match self.dir.entries() {
            // A runtime refuses to list a directory that contains a name which is not Unicode.
            Err(dir::Error::NotUnicode) => {
                output::print_error(
                    "warning: The workspace contains a name that is not valid Unicode, so names \
                     that differ only by case were not searched for.\n",
                );
                return Ok(());
            }
            entries => entries?,
        };
        let conflict = name.case_conflict(entries.iter().map(|(entry, _)| &**entry), renamed);
        match conflict.map(str::to_owned) {
            Some(entry) => Err(Error::CaseConflict { entry }),
            None => Ok(()),
        }
    }

    /// Names of the projects in alphabetical order, case-insensitively: folders that are not hidden
    /// and have a part of the layout.
    pub fn project_names(&self) -> Result<Vec<String>> {
        let mut projects = Vec::new();
        for (name, is_dir) in self.dir.entries()? {
            let is_listed = is_dir && !name.starts_with('.');
            if is_listed && self.dir.open_dir(&name).is_ok_and(|dir| is_project(&dir)) {
                projects.push((name.to_ascii_lowercase(), name));
            }
        }
        // A heap and ASCII case, because sorting a slice and Unicode tables would add 20 kB.
        let sorted = BinaryHeap::from(projects).into_sorted_vec();
        Ok(sorted.into_iter().map(|(_, name)| name).collect())
    }
}

/// Whether the folder has a configuration or the folder of a stage.
pub fn is_project(project: &Dir) -> bool {
    let exists = |dir: &Dir, name| matches!(dir.kind(name), Ok(Some(_)));
    STAGES.iter().any(|stage| exists(project, stage.folder))
        || (project.open_dir(CONFIG_FOLDER)).is_ok_and(|folder| exists(&folder, CONFIG_FILE))
}

fn unavailable(path: &str, error: dir::Error) -> Error {
    let reason = match error {
        dir::Error::NotDirectory => format!("`{path}` is not a folder"),
        dir::Error::Missing | dir::Error::NotOpened if cfg!(target_os = "wasi") => format!(
            "`{path}` does not exist or the runtime does not grant access to it; with wasmtime, \
             add `--dir .`"
        ),
        dir::Error::Missing => format!("`{path}` does not exist"),
        _ => format!("`{path}` cannot be opened: {error}"),
    };
    Error::WorkspaceUnavailable { reason }
}

/// Creates a directory and its missing parents. Opening the directory shows whether it worked.
fn create_all(path: &str) {
    let separators = path.match_indices('/').map(|(end, _)| end);
    for end in separators.chain([path.len()]) {
        let _ = rustix::fs::mkdir(path.get(..end).unwrap_or(path), 0o777.into());
    }
}
