//! Programs under test, and one set of operations for their different command lines.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use podslate_shared::{Done, ErrorCode, Report};

/// Maximum duration of a run, longer than every limit of the programs themselves.
const MAX_TIME: Duration = Duration::from_secs(100);

/// Program that changes a workspace.
#[derive(Clone, Debug)]
pub struct Program {
    /// Which program it is.
    pub kind: Kind,
    /// File of the program.
    pub path: PathBuf,
}

/// Kind of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The worker, built for this machine.
    Worker,
    /// The command line, with the worker in its sandbox.
    Podslate,
}

/// Operation on a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    /// Create a project.
    Create(&'a str),
    /// Create a project, or add what an existing one lacks.
    Complete(&'a str),
    /// Rename a project.
    Rename(&'a str, &'a str),
    /// Recover from interrupted operations.
    Recover,
    /// List the projects.
    List,
}

/// End of a run.
#[derive(Debug)]
pub struct Exit {
    /// Exit code; `None` if the program was killed.
    pub code: Option<i32>,
    /// Report on standard output, if it is complete.
    pub report: Option<Report>,
    /// Standard output and standard error.
    pub output: String,
}

impl Exit {
    /// The result, if the program succeeded.
    pub fn done(&self) -> Option<&Done> {
        match (self.code, &self.report) {
            (Some(0), Some(Report::Success(done))) => Some(done),
            _ => None,
        }
    }

    /// Whether the program renamed a project without being able to update its configuration.
    pub fn is_config_outdated(&self) -> bool {
        matches!(self.done(), Some(Done::Renamed(renamed)) if renamed.config_outdated)
    }

    /// Code of the reported error.
    pub fn error(&self) -> Option<ErrorCode> {
        match &self.report {
            Some(Report::Error(error)) => Some(error.code),
            _ => None,
        }
    }

    /// Checks something about the run.
    ///
    /// # Errors
    /// The whole end of the run, unless `holds`.
    pub fn ensure(&self, holds: bool) -> Result<()> {
        ensure!(holds, "exit code {:?}, {}", self.code, self.output.trim());
        Ok(())
    }
}

impl Program {
    /// The program in a file.
    pub fn new(kind: Kind, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { kind, path }
    }

    /// Name in the results.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Worker => "project-init",
            Kind::Podslate => "podslate",
        }
    }

    /// Command for an operation, wrapped by the command `prefix` unless that is empty.
    pub fn command(
        &self,
        prefix: &[String],
        workspace: &Path,
        operation: Operation<'_>,
    ) -> Command {
        let mut words = prefix.iter().map(PathBuf::from).chain([self.path.clone()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command.args(match (self.kind, operation) {
            (Kind::Worker, Operation::Create(name)) => vec!["--project", name],
            (Kind::Worker, Operation::Complete(_)) => vec!["--from-env"],
            (Kind::Worker, Operation::Rename(old, new)) => vec!["--rename", old, new],
            (Kind::Worker, Operation::Recover) => vec!["--recover"],
            (Kind::Worker, Operation::List) => vec!["--list"],
            (Kind::Podslate, Operation::Create(name)) => vec!["new", name],
            (Kind::Podslate, Operation::Complete(_)) => vec!["init", "--from-env"],
            (Kind::Podslate, Operation::Rename(old, new)) => vec!["rename", old, new],
            (Kind::Podslate, Operation::Recover) => vec!["recover"],
            (Kind::Podslate, Operation::List) => vec!["list"],
        });
        if let Operation::Complete(name) = operation {
            command.env("PROJECT_NAME", name);
        }
        command
            .args(["--json", "--workspace"])
            .arg(workspace)
            .env("LC_ALL", "C")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        command
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// The program cannot be run, or does not end in time.
    pub fn run(&self, workspace: &Path, operation: Operation<'_>) -> Result<Exit> {
        run(&mut self.command(&[], workspace, operation))
    }

    /// Runs an operation that has to succeed.
    ///
    /// # Errors
    /// Everything else.
    pub fn succeed(&self, workspace: &Path, operation: Operation<'_>) -> Result<Exit> {
        let exit = self.run(workspace, operation)?;
        exit.ensure(exit.code == Some(0))?;
        Ok(exit)
    }
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be run, or does not end in time.
pub fn run(command: &mut Command) -> Result<Exit> {
    run_within(command, MAX_TIME)
}

/// Runs a command to its end, which has to come within a time.
///
/// # Errors
/// It cannot be run, or does not end in time.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<Exit> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let start = Instant::now();
    // The output of these programs fits into a pipe, so it can be read at the end.
    while child.try_wait()?.is_none() {
        if start.elapsed() > limit {
            // strace and the program that it runs are one group.
            #[cfg(unix)]
            rustix::process::kill_process_group(
                rustix::process::Pid::from_child(&child),
                rustix::process::Signal::KILL,
            )?;
            child.kill()?;
            child.wait()?;
            bail!("the program did not end within {limit:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok(Exit {
        code: output.status.code(),
        report: serde_json::from_slice(&output.stdout).ok(),
        output: text(&output.stdout) + &text(&output.stderr),
    })
}
