//! The programs under test and how they are asked for the same thing.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

use podslate_shared::Report;

/// Longer than every limit of the programs.
const MOST_TIME: Duration = Duration::from_secs(100);

/// A program that changes a workspace.
#[derive(Clone, Debug)]
pub struct Program {
    /// Which one.
    pub kind: Kind,
    /// Its file.
    pub path: PathBuf,
}

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The worker, built for this machine.
    Worker,
    /// The command line with the worker in its sandbox.
    Podslate,
}

/// What a program is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask<'a> {
    /// A new project.
    Create(&'a str),
    /// A project, or what one that exists misses.
    Complete(&'a str),
    /// Another name.
    Rename(&'a str, &'a str),
    /// Recovery of what is a day old.
    Recover,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if it was killed.
    pub exit: Option<i32>,
    /// The answer, if there is a whole one.
    pub report: Option<Report>,
    /// Standard output and standard error.
    pub said: String,
}

impl Program {
    /// The program in a file.
    pub fn new(kind: Kind, path: impl Into<PathBuf>) -> Self {
        Self {
            kind,
            path: path.into(),
        }
    }

    /// Its name in the results.
    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Worker => "project-init",
            Kind::Podslate => "podslate",
        }
    }

    /// The command that asks for something in a workspace, run by `prefix` if that is not empty.
    pub fn command(&self, prefix: &[String], workspace: &Path, ask: Ask<'_>) -> Command {
        let mut words = prefix.iter().map(PathBuf::from).chain([self.path.clone()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        match (self.kind, ask) {
            (Kind::Worker, Ask::Create(name)) => command.args(["--project", name]),
            (Kind::Worker, Ask::Complete(name)) => {
                command.arg("--from-env").env("PROJECT_NAME", name)
            }
            (Kind::Worker, Ask::Rename(old, new)) => command.args(["--rename", old, new]),
            (Kind::Worker, Ask::Recover) => command.arg("--recover"),
            (Kind::Podslate, Ask::Create(name)) => command.args(["new", name]),
            (Kind::Podslate, Ask::Complete(name)) => command
                .args(["init", "--from-env"])
                .env("PROJECT_NAME", name),
            (Kind::Podslate, Ask::Rename(old, new)) => command.args(["rename", old, new]),
            (Kind::Podslate, Ask::Recover) => command.arg("recover"),
        };
        answering(&mut command, workspace);
        command
    }

    /// The command that lists the projects of a workspace.
    pub fn list(&self, workspace: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.arg(match self.kind {
            Kind::Worker => "--list",
            Kind::Podslate => "list",
        });
        answering(&mut command, workspace);
        command
    }

    /// Asks for something and waits for the end.
    ///
    /// # Errors
    /// The program cannot be run, or does not end in time.
    pub fn ask(&self, workspace: &Path, ask: Ask<'_>) -> io::Result<Ended> {
        run(&mut self.command(&[], workspace, ask))
    }
}

/// Lets a command answer in JSON about a workspace.
fn answering(command: &mut Command, workspace: &Path) {
    command
        .args(["--json", "--workspace"])
        .arg(workspace)
        .env("LC_ALL", "C")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be run, or does not end in time.
pub fn run(command: &mut Command) -> io::Result<Ended> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let start = Instant::now();
    // What these programs say fits into a pipe, so it can be read when they have ended.
    while child.try_wait()?.is_none() {
        if start.elapsed() > MOST_TIME {
            kill_group(&mut child)?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it did not end"));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(ended(&child.wait_with_output()?))
}

/// Kills a program that runs another, and that one.
fn kill_group(child: &mut Child) -> io::Result<()> {
    let group = format!("-{}", child.id());
    Command::new("kill")
        .args(["-KILL", "--", &group])
        .status()?;
    child.kill()?;
    child.wait().map(drop)
}

fn ended(output: &Output) -> Ended {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        exit: output.status.code(),
        report: serde_json::from_slice(&output.stdout).ok(),
        said: text(&output.stdout) + &text(&output.stderr),
    }
}
