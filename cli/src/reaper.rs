//! The duties of process 1. In a container without an init the server would be that process, and
//! everything that the pipeline leaves behind would become its children: so a small parent does
//! nothing but take care of them.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command as Process, ExitCode, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use crate::args::Command;

/// Tells the child that it has such a parent.
const MARK: &str = "PODSLATE_HAS_INIT";
const FAILED: ExitCode = ExitCode::FAILURE;

/// If this is process 1 and is to serve: starts this program again as a child, passes signals on to
/// it, reaps whatever dies, and ends with the child's exit code. `None` for every other process.
pub fn take_the_place_of_init(command: &Command) -> Option<ExitCode> {
    let is_first = std::process::id() == 1 && env::var_os(MARK).is_none();
    (is_first && matches!(command, Command::Serve(_))).then(|| run().unwrap_or(FAILED))
}

fn run() -> std::io::Result<ExitCode> {
    let mut signals = Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
    // Its handle is dropped without waiting: `wait` below hears of every child.
    let server = Process::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(MARK, "1")
        .spawn()?
        .id();
    let server = i32::try_from(server).ok().and_then(Pid::from_raw);
    for signal in &mut signals {
        if signal == SIGCHLD {
            if let Some(code) = reap(server) {
                return Ok(code);
            }
        } else if let (Some(server), Some(signal)) = (server, Signal::from_named_raw(signal)) {
            let _ = kill_process(server, signal);
        }
    }
    Ok(FAILED)
}

/// Takes the news of every dead child; the exit code if the server is one of them.
fn reap(server: Option<Pid>) -> Option<ExitCode> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if Some(pid) == server {
            return Some(code(ExitStatus::from_raw(status.as_raw())));
        }
    }
    None
}

/// As shells say it: 128 and the number of the signal.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(FAILED, ExitCode::from)
}
