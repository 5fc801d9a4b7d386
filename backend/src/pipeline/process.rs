//! The command as a process with all that it starts.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use podslate_shared::ProjectName;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};

/// What a process can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To end, by a person at the terminal.
    Interrupt,
    /// To end.
    Terminate,
    /// To end at once; it cannot refuse.
    Kill,
    /// What it likes.
    User1,
    /// What it likes.
    User2,
}

/// A started command.
pub struct Process(Child);

/// The command and the processes that it started, as one to send signals to.
#[derive(Clone, Copy, Debug)]
pub struct Group(u32);

/// Starts a command in a project's folder.
///
/// The server's token stays here: the command gets everything else of the environment.
pub fn spawn(
    command: &[OsString],
    workspace: &Path,
    project: &ProjectName,
) -> Result<Process, String> {
    let root = workspace.join(project.as_str());
    let Some((program, args)) = command.split_first() else {
        return Err("it is empty".to_owned());
    };
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(&root)
        .env("PROJECT_NAME", project.as_str())
        .env("PROJECT_ROOT", &root)
        .env("WORKSPACE", workspace)
        .env_remove("PODSLATE_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let program = program.display();
    command
        .spawn()
        .map(Process)
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("there is no program `{program}`"),
            ErrorKind::PermissionDenied => format!("`{program}` may not be run as a program"),
            _ => format!("`{program}`: {error}"),
        })
}

impl Process {
    /// Its outputs, each once, and whether it is standard error.
    pub fn outputs(&mut self) -> Vec<(bool, Box<dyn AsyncRead + Send + Unpin>)> {
        let stdout = self.0.stdout.take().map(|it| (false, Box::new(it) as _));
        let stderr = self.0.stderr.take().map(|it| (true, Box::new(it) as _));
        stdout.into_iter().chain(stderr).collect()
    }

    /// What signals are sent to; `None` if it has ended already.
    pub fn group(&self) -> Option<Group> {
        self.0.id().map(Group)
    }

    /// Waits for its end; `None` if another process took the news of it.
    pub async fn wait(&mut self) -> Option<ExitStatus> {
        self.0.wait().await.ok()
    }
}

impl Group {
    /// Sends a signal: to all processes, so that none outlives the others, but what has no fixed
    /// meaning to the command alone. That they are gone is no error.
    #[cfg(unix)]
    pub fn send(self, signal: Signal) {
        use rustix::process::{Pid, Signal as Sig, kill_process, kill_process_group};
        let Some(id) = i32::try_from(self.0).ok().and_then(Pid::from_raw) else {
            return;
        };
        let _ = match signal {
            Signal::Interrupt => kill_process_group(id, Sig::INT),
            Signal::Terminate => kill_process_group(id, Sig::TERM),
            Signal::Kill => kill_process_group(id, Sig::KILL),
            Signal::User1 => kill_process(id, Sig::USR1),
            Signal::User2 => kill_process(id, Sig::USR2),
        };
    }

    /// Whether any of the processes lives.
    #[cfg(unix)]
    pub fn is_alive(self) -> bool {
        let id = i32::try_from(self.0)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        id.is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok())
    }

    /// Whether any of the processes lives, which is not known here.
    #[cfg(windows)]
    pub fn is_alive(self) -> bool {
        false
    }

    /// Windows knows no signals: every way to end is to end at once, with all children.
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
            tracing::warn!(%error, "the pipeline cannot be ended");
        }
    }
}

/// The number of the signal that ended a process.
pub fn signal_of(exit: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&exit);
    #[cfg(not(unix))]
    return None.filter(|_: &i32| exit.success());
}

/// A command as a person would type it.
pub fn shown(command: &[OsString]) -> String {
    let word = |word: &OsString| {
        let text = word.to_string_lossy();
        let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%\\".contains(c);
        match !text.is_empty() && text.chars().all(is_plain) {
            true => text.into_owned(),
            false => format!("'{}'", text.replace('\'', "'\\''")),
        }
    };
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_typed() {
        let shown = |words: &[&str]| shown(&words.iter().map(Into::into).collect::<Vec<_>>());
        assert_eq!(
            shown(&["python", "pipeline/one_click.py"]),
            "python pipeline/one_click.py"
        );
        assert_eq!(
            shown(&["sh", "-c", "echo it's", ""]),
            r"sh -c 'echo it'\''s' ''"
        );
    }
}
