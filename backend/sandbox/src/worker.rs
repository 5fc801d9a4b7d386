//! The worker's commands as functions.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::slice;

use podslate_shared::layout::CONFIG_FOLDER;
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

use crate::answer::{self, is_about};
use crate::diagnosis;
use crate::engine::Sandbox;
use crate::error::SandboxError;
use crate::run::Run;

/// The worker, the one program that changes a workspace.
#[derive(Debug)]
pub struct Worker {
    sandbox: Sandbox,
}

impl Worker {
    /// The worker in its sandbox.
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox }
    }

    /// The sandbox, for commands that are not functions here.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Creates a project. The caller has looked for entries that differ only by capitals.
    ///
    /// # Errors
    /// As the worker says; [`ErrorCode::Internal`] where it says nothing that can be understood.
    pub fn create(&self, workspace: &Path, name: &ProjectName) -> Result<Done, ErrorBody> {
        let args = ["--json", "--no-scan", "--project", name.as_str()];
        self.change(
            workspace,
            &Run {
                args: &args,
                ..Run::default()
            },
            name,
        )
    }

    /// Creates a project, or adds what an existing one misses. The caller has looked for entries
    /// that differ only by capitals.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn complete(&self, workspace: &Path, name: &ProjectName) -> Result<Done, ErrorBody> {
        let env = [("PROJECT_NAME", name.as_str())];
        let args = ["--json", "--no-scan", "--from-env"];
        self.change(
            workspace,
            &Run {
                args: &args,
                env: &env,
                ..Run::default()
            },
            name,
        )
    }

    /// Renames a project. The caller has looked for entries that differ only by capitals.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn rename(
        &self,
        workspace: &Path,
        old: &ProjectName,
        new: &ProjectName,
    ) -> Result<Done, ErrorBody> {
        let args = [
            "--json",
            "--no-scan",
            "--rename",
            old.as_str(),
            new.as_str(),
        ];
        self.change(
            workspace,
            &Run {
                args: &args,
                ..Run::default()
            },
            new,
        )
    }

    /// Brings what interrupted work left behind to its end: configurations that a rename did not
    /// reach, and unfinished entries of a day or more.
    ///
    /// # Errors
    /// As for [`Worker::create`].
    pub fn recover(&self, workspace: &Path) -> Result<Done, ErrorBody> {
        let run = Run {
            args: &["--json", "--recover"],
            ..Run::default()
        };
        self.run(workspace, &run, |done| {
            matches!(done, Done::Recovered { .. })
        })
    }

    /// Runs a command after which the project `name` is to be there.
    fn change(
        &self,
        workspace: &Path,
        run: &Run<'_>,
        name: &ProjectName,
    ) -> Result<Done, ErrorBody> {
        let mut done = self.run(workspace, run, |done| is_about(done, name))?;
        place(&mut done, &workspace.join(name.as_str()));
        Ok(done)
    }

    /// Runs a command whose answer is believed if `is_asked` says that it is one to what was asked.
    fn run(
        &self,
        workspace: &Path,
        run: &Run<'_>,
        is_asked: impl Fn(&Done) -> bool,
    ) -> Result<Done, ErrorBody> {
        let told = match self.sandbox.run(workspace, run) {
            Ok(output) => answer::read(&output, is_asked),
            Err(error) => Err(meaning(&error)),
        };
        let done = told.map_err(|error| diagnosis::improve(error, workspace))?;
        sync(workspace, &done).map_err(|error| {
            let failed = ErrorBody::new(ErrorCode::IoFailed, &error.to_string());
            diagnosis::improve(failed, workspace)
        })?;
        Ok(done)
    }
}

fn meaning(error: &SandboxError) -> ErrorBody {
    match error {
        SandboxError::Timeout(_) => ErrorBody::new(ErrorCode::TimedOut, ""),
        SandboxError::Workspace(error) => {
            ErrorBody::new(ErrorCode::WorkspaceUnavailable, &error.to_string())
        }
        _ => ErrorBody::new(ErrorCode::Internal, ""),
    }
}

/// Replaces the project's folder as the worker sees it by the folder on this machine.
fn place(done: &mut Done, folder: &Path) {
    if let Done::Created {
        project_path,
        message,
        ..
    }
    | Done::Completed {
        project_path,
        message,
        ..
    }
    | Done::Renamed {
        project_path,
        message,
        ..
    } = done
    {
        let path = folder.display().to_string();
        *message = message.replacen(&format!(" in {project_path}"), &format!(" in {path}"), 1);
        *project_path = path;
    }
}

/// Makes the renames of what was done outlast a power cut, which the worker cannot: WASI has no way
/// to do it. A new project's own folders are on the disk since its configuration was synced.
fn sync(workspace: &Path, done: &Done) -> io::Result<()> {
    let projects = match done {
        Done::Completed { project_name, .. } => slice::from_ref(project_name),
        Done::Renamed { new_name, .. } => slice::from_ref(new_name),
        Done::Recovered { repaired, .. } => repaired.as_slice(),
        Done::Created { .. } | Done::Listed { .. } => &[],
    };
    for project in projects
        .iter()
        .filter_map(|name| ProjectName::parse(name).ok())
    {
        match sync_folder(&workspace.join(project.as_str()).join(CONFIG_FOLDER)) {
            // A project need not have a configuration, and may have another name already.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            synced => synced?,
        }
    }
    sync_folder(workspace)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Folders cannot be synced here; the file system's own journal has to do.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
