//! Signals, and the processes that receive them together.

#[cfg(windows)]
use std::sync::{Arc, Mutex};

use tokio::process::Child;

#[cfg(windows)]
use crate::lock::lock;

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
#[derive(Clone, Debug)]
pub struct Group {
    id: u32,
    #[cfg(windows)]
    job: Arc<Job>,
}

impl Group {
    /// The group of a command; `None` if the command has ended.
    pub fn of(child: &Child) -> Option<Self> {
        Some(Self {
            id: child.id()?,
            #[cfg(windows)]
            job: Arc::new(Job::of(child)),
        })
    }

    /// Whether this is the group with that number.
    pub fn has(&self, group: u32) -> bool {
        self.id == group
    }
}

#[cfg(unix)]
impl Group {
    /// Sends a signal: to all processes, so that none outlives the others, but user signals only to
    /// the command, because they end programs that do not expect them. Processes that have ended
    /// are no error.
    pub fn send(&self, signal: Signal) {
        use rustix::process::{kill_process, kill_process_group};
        let Some(id) = self.pid() else {
            return;
        };
        let _ = match signal {
            Signal::User1 | Signal::User2 => kill_process(id, signal.into()),
            _ => kill_process_group(id, signal.into()),
        };
    }

    /// Whether any process of the group is alive.
    pub fn is_alive(&self) -> bool {
        let id = self.pid();
        id.is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok())
    }

    fn pid(&self) -> Option<rustix::process::Pid> {
        let id = i32::try_from(self.id).ok();
        id.and_then(rustix::process::Pid::from_raw)
    }
}

#[cfg(windows)]
impl Group {
    /// Windows has no signals: every request to end kills all processes.
    pub fn send(&self, signal: Signal) {
        if !matches!(signal, Signal::User1 | Signal::User2) {
            self.job.end();
        }
    }

    /// Not known on Windows.
    #[expect(clippy::unused_self, reason = "it is known elsewhere")]
    pub fn is_alive(&self) -> bool {
        false
    }
}

/// What Windows ends together: the processes of a command.
#[cfg(windows)]
#[derive(Debug)]
struct Job(Mutex<Option<win32job::Job>>);

#[cfg(windows)]
impl Job {
    fn of(child: &Child) -> Self {
        let job = Self::with(child);
        if let Err(error) = &job {
            tracing::warn!(%error, "the pipeline cannot be ended before the server");
        }
        Self(Mutex::new(job.ok()))
    }

    fn with(child: &Child) -> Result<win32job::Job, win32job::JobError> {
        let mut limits = win32job::ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = win32job::Job::create_with_limit_info(&limits)?;
        if let Some(process) = child.raw_handle() {
            job.assign_process(process as isize)?;
        }
        Ok(job)
    }

    /// Closes the job, which ends its processes.
    fn end(&self) {
        drop(lock(&self.0).take());
    }
}
