//! The worker's commands as functions.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::slice;
use std::thread;
use std::time::Duration;

use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{Created, Done, Error, FolderName, ProjectName, Recovered, Renamed, Result};

use crate::disk_check::{self, refine_error};
use crate::engine::Sandbox;
use crate::group_sync::GroupSync;
use crate::response;
use crate::run::Run;

/// Pauses in milliseconds between the tries of a rename that Windows refuses: counting in this program
/// and scanners for viruses have folders open for moments.
const PAUSES: [u64; 4] = [50, 100, 250, 600];

/// The worker, the only program that changes a workspace. Paths in its results are those of the
/// host.
#[derive(Debug)]
pub struct Worker {
    sandbox: Sandbox,
    syncs: GroupSync,
}

impl Worker {
    /// The worker in its sandbox.
    pub fn new(sandbox: Sandbox) -> Self {
        Self {
            sandbox,
            syncs: GroupSync::default(),
        }
    }

    /// Creates a project. The caller has checked for case conflicts.
    ///
    /// # Errors
    /// The worker's, or [`Error::Internal`] if its response cannot be believed.
    pub fn create(&self, workspace: &Path, name: &ProjectName) -> Result<Created> {
        let args = ["--json", "--no-scan", "--project", name.as_str()];
        let run = Run::new(&args);
        let mut created = self.run(workspace, &run, |done| response::created(done, name))?;
        self.sync(workspace, &[])?;
        created.project_path = host_path(workspace, name);
        Ok(created)
    }

    /// Creates a project, or adds the missing parts of an existing one. The caller has checked for
    /// case conflicts.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn complete(&self, workspace: &Path, name: &ProjectName) -> Result<Done> {
        let env = [("PROJECT_NAME", name.as_str())];
        let mut run = Run::new(&["--json", "--no-scan", "--from-env"]);
        run.env = &env;
        let mut done = self.run(workspace, &run, |done| response::completed(done, name))?;
        if let Done::Completed(completed) = &mut done {
            self.sync(workspace, slice::from_ref(name))?;
            completed.project_path = host_path(workspace, name);
        } else if let Done::Created(created) = &mut done {
            self.sync(workspace, &[])?;
            created.project_path = host_path(workspace, name);
        }
        Ok(done)
    }

    /// Renames a project. The caller has checked for case conflicts.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn rename(&self, workspace: &Path, old: &FolderName, new: &ProjectName) -> Result<Renamed> {
        for pause in PAUSES {
            match self.try_rename(workspace, old, new) {
                Err(Error::InUse { .. }) => thread::sleep(Duration::from_millis(pause)),
                renamed => return renamed,
            }
        }
        self.try_rename(workspace, old, new)
    }

    fn try_rename(&self, workspace: &Path, old: &FolderName, new: &ProjectName) -> Result<Renamed> {
        let (from, to) = (old.as_str(), new.as_str());
        let args = ["--json", "--no-scan", "--rename", from, to];
        let run = Run::new(&args);
        let renamed = self.run(workspace, &run, |done| response::renamed(done, old, new));
        let mut renamed =
            renamed.map_err(|error| disk_check::refine_rename(error, workspace, old))?;
        self.sync(workspace, slice::from_ref(new))?;
        renamed.project_path = host_path(workspace, new);
        Ok(renamed)
    }

    /// Repairs configurations that an interrupted rename did not reach, and removes stale entries
    /// that are at least a day old.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn recover(&self, workspace: &Path) -> Result<Recovered> {
        let run = Run::new(&["--json", "--recover"]);
        let recovered = self.run(workspace, &run, response::recovered)?;
        self.sync(workspace, &recovered.repaired)?;
        Ok(recovered)
    }

    /// Removes stale entries of the workspace without looking into projects.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn remove_stale(&self, workspace: &Path) -> Result<Recovered> {
        let run = Run::new(&["--json", "--recover", "--no-scan"]);
        let recovered = self.run(workspace, &run, response::recovered)?;
        self.sync(workspace, &[])?;
        Ok(recovered)
    }

    /// Repairs the configuration of one project, and removes stale entries beside it.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn recover_project(&self, workspace: &Path, name: &FolderName) -> Result<Recovered> {
        let args = ["--json", "--no-scan", "--recover-project", name.as_str()];
        let recovered = self.run(workspace, &Run::new(&args), response::recovered)?;
        self.sync(workspace, &recovered.repaired)?;
        Ok(recovered)
    }

    fn run<T>(
        &self,
        workspace: &Path,
        run: &Run<'_>,
        expect: impl FnOnce(Done) -> Option<T>,
    ) -> Result<T> {
        let output = self.sandbox.run(workspace, run)?;
        response::read(&output, expect).map_err(|error| refine_error(error, workspace))
    }

    /// Makes renames in the workspace and in the configuration folders of `projects` survive a
    /// power cut, which WASI has no call for. The folders of a new project are on the disk already,
    /// since the worker synced its configuration.
    fn sync(&self, workspace: &Path, projects: &[ProjectName]) -> Result<()> {
        let failed = |error: io::Error| {
            let reason = error.to_string();
            let cause = disk_check::explain(&error);
            refine_error(cause.unwrap_or(Error::IoFailed { reason }), workspace)
        };
        for project in projects {
            let path = Path::new(project.as_str()).join(CONFIG_FOLDER);
            match podslate_disk::open_in(workspace, &path).and_then(|it| sync_folder(&it)) {
                // A project may have no configuration, or have been renamed since.
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                synced => synced.map_err(failed)?,
            }
        }
        let sync = || {
            let synced = podslate_disk::open_named(workspace).and_then(|it| sync_folder(&it));
            synced.map_err(failed)
        };
        self.syncs.sync(workspace, sync)
    }
}

fn host_path(workspace: &Path, name: &ProjectName) -> String {
    workspace.join(name.as_str()).display().to_string()
}

#[cfg(unix)]
fn sync_folder(folder: &File) -> io::Result<()> {
    folder.sync_all()
}

/// Folders cannot be synced here; the file system's journal has to do.
#[cfg(not(unix))]
fn sync_folder(_folder: &File) -> io::Result<()> {
    Ok(())
}
