//! The command's process and its child processes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use podslate_shared::FolderName;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};

use super::family::{Family, MARK};

/// Signals that the command can receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, requested at the terminal (`SIGINT`).
    Interrupt,
    /// End (`SIGTERM`).
    Terminate,
    /// End at once, without a chance to refuse (`SIGKILL`).
    Kill,
    /// Meaning defined by the command (`SIGUSR1`).
    User1,
    /// Meaning defined by the command (`SIGUSR2`).
    User2,
}

#[cfg(unix)]
impl From<Signal> for rustix::process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::INT,
            Signal::Terminate => Self::TERM,
            Signal::Kill => Self::KILL,
            Signal::User1 => Self::USR1,
            Signal::User2 => Self::USR2,
        }
    }
}

/// The command and its child processes, which receive signals together.
#[derive(Clone, Copy, Debug)]
pub struct Group(u32);

/// Opens a project's folder, so that nothing that takes its place leads a command elsewhere.
pub fn open_folder(workspace: &Path, project: &FolderName) -> io::Result<File> {
    let workspace = podslate_disk::real_path(workspace)?;
    podslate_disk::open_folder(&workspace.join(project.as_str()))
}

/// Starts a command in a project's folder.
///
/// The command inherits the environment without what concerns the server alone.
pub fn spawn(
    command: &[OsString],
    workspace: &Path,
    project: &FolderName,
    family: &Family,
) -> Result<Child, String> {
    let root = workspace.join(project.as_str());
    let folder = open_folder(workspace, project);
    let folder =
        folder.map_err(|error| format!("the project's folder cannot be used ({error})"))?;
    let Some((program, args)) = command.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(podslate_disk::path_of(&folder, &root))
        .env("PROJECT_NAME", project.as_str())
        .env("PROJECT_ROOT", &root)
        .env("WORKSPACE", workspace)
        .env(MARK, family.mark())
        .env_remove("PODSLATE_TOKEN")
        .env_remove("PODSLATE_ROLE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let program = program.display();
    command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no program `{program}`"),
        ErrorKind::PermissionDenied => format!("`{program}` is not executable"),
        _ => format!("`{program}`: {error}"),
    })
}

/// Takes the command's outputs, each with whether it is standard error; a second call returns none.
pub fn outputs(child: &mut Child) -> Vec<(bool, Box<dyn AsyncRead + Send + Unpin>)> {
    let stdout = child.stdout.take().map(|it| (false, Box::new(it) as _));
    let stderr = child.stderr.take().map(|it| (true, Box::new(it) as _));
    stdout.into_iter().chain(stderr).collect()
}

impl Group {
    /// The group of a command; `None` if the command has ended.
    pub fn of(child: &Child) -> Option<Self> {
        child.id().map(Self)
    }

    /// Sends a signal: to all processes, so that none outlives the others, but user signals only to
    /// the command, because they end programs that do not expect them. Processes that have ended
    /// are no error.
    #[cfg(unix)]
    pub fn send(self, signal: Signal) {
        use rustix::process::{Pid, kill_process, kill_process_group};
        let Some(id) = i32::try_from(self.0).ok().and_then(Pid::from_raw) else {
            return;
        };
        let _ = match signal {
            Signal::User1 | Signal::User2 => kill_process(id, signal.into()),
            _ => kill_process_group(id, signal.into()),
        };
    }

    /// Whether this is the group with that number.
    pub fn has(self, group: u32) -> bool {
        self.0 == group
    }

    /// Whether any process of the group is alive.
    #[cfg(unix)]
    pub fn is_alive(self) -> bool {
        let id = i32::try_from(self.0)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        id.is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok())
    }

    /// Not known on Windows.
    #[cfg(windows)]
    pub fn is_alive(self) -> bool {
        false
    }

    /// Windows has no signals: every request to end kills all processes.
    #[cfg(windows)]
    pub fn send(self, signal: Signal) {
        if matches!(signal, Signal::User1 | Signal::User2) {
            return;
        }
        let ended = std::process::Command::new("taskkill")
            .args(["/T", "/F", "/PID", &self.0.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if let Err(error) = ended {
            tracing::warn!(%error, "pipeline cannot be killed");
        }
    }
}

/// Number of the signal that ended a process.
pub fn signal_of(exit: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&exit);
    #[cfg(not(unix))]
    return None.filter(|_: &i32| exit.success());
}

/// A command as a person would type it in a shell.
pub fn display(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let quoter = shlex::Quoter::new().allow_nul(true);
    let quoted = quoter.join(words.iter().map(AsRef::as_ref));
    quoted.unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_displayed_as_it_is_typed() {
        let display = |words: &[&str]| display(&words.iter().map(Into::into).collect::<Vec<_>>());
        assert_eq!(
            display(&["python", "pipeline/one_click.py"]),
            "python pipeline/one_click.py"
        );
        assert_eq!(
            display(&["sh", "-c", "echo it's", ""]),
            r#"sh -c "echo it's" ''"#
        );
    }
}
