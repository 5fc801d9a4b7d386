//! Signals, and the processes that receive them together.

use tokio::process::Child;

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
