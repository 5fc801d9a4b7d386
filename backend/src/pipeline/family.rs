//! Processes of the command that have left its group, and those that outlived their server.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::processes::{self, Process};
use super::signal::{Group, Signal};

/// Variable by which the processes of a command are recognized.
pub const MARK: &str = "PODSLATE_PIPELINE";
/// Time that processes have to end whose server was killed.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// All processes that one server's command has started, directly or not.
#[derive(Clone, Debug)]
pub struct Family {
    workspace: PathBuf,
    /// Process that started the server and inherits what the command leaves behind.
    supervisor: Option<u32>,
    mark: String,
}

impl Family {
    pub fn new(workspace: PathBuf, supervisor: Option<u32>) -> Self {
        let owner = supervisor.unwrap_or_else(std::process::id);
        let start = processes::start_of(owner).unwrap_or_default();
        Self {
            mark: format!("{owner}:{start}:{}", workspace.display()),
            workspace,
            supervisor,
        }
    }

    /// Value of [`MARK`].
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Sends a signal to the processes that live, except those of `group`.
    pub fn send(&self, signal: Signal, group: Option<&Group>) {
        let mut living = self.living();
        living.retain(|process| !group.is_some_and(|group| group.has(process.group)));
        send(&living, signal);
    }

    /// Whether any process lives.
    pub fn is_alive(&self) -> bool {
        !self.living().is_empty()
    }

    /// Ends what a command of the same workspace has left whose server is gone.
    pub fn end_leftovers(&self) {
        let living = || {
            processes::marked(MARK, |mark| {
                let parsed = parse(mark);
                parsed.is_some_and(|(owner, start, workspace)| {
                    workspace == self.workspace && processes::start_of(owner) != Some(start)
                })
            })
        };
        let first = living();
        if first.is_empty() {
            return;
        }
        tracing::warn!(
            processes = first.len(),
            "ending a pipeline whose server was killed"
        );
        for signal in [Signal::Terminate, Signal::Kill] {
            send(&living(), signal);
            let start = Instant::now();
            while !living().is_empty() && start.elapsed() < LEFTOVER_GRACE {
                std::thread::sleep(CHECK_INTERVAL);
            }
        }
    }

    fn living(&self) -> Vec<Process> {
        let own = std::process::id();
        let mut living = processes::marked(MARK, |value| value == self.mark);
        let below = self.supervisor.map(processes::descendants);
        living.extend(below.into_iter().flatten());
        living.retain(|process| process.id != own);
        living.sort_unstable_by_key(|process| process.id);
        living.dedup();
        living
    }
}

/// Number and start of the process that a mark belongs to, and its workspace.
fn parse(mark: &str) -> Option<(u32, u64, &Path)> {
    let mut parts = mark.splitn(3, ':');
    let owner = parts.next()?.parse().ok()?;
    let start = parts.next()?.parse().ok()?;
    Some((owner, start, Path::new(parts.next()?)))
}

#[cfg(unix)]
fn send(processes: &[Process], signal: Signal) {
    processes
        .iter()
        .for_each(|process| process.send(signal.into()));
}

/// Windows has no `/proc`, so there are none.
#[cfg(not(unix))]
fn send(_: &[Process], _: Signal) {}
