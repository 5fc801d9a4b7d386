//! Duties of process 1. In a container without an init, the server would be that process, and
//! everything that the pipeline leaves behind would become its child; so a small parent does
//! nothing but take care of such children.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use crate::env_vars;

const FAILED: ExitCode = ExitCode::FAILURE;

/// In process 1: starts this program again as a child, passes signals on to it, reaps every child
/// that ends, and returns the server's exit code. `None` in every other process.
pub fn run_as_init() -> Option<ExitCode> {
    let is_init = std::process::id() == 1 && env::var_os(env_vars::HAS_INIT).is_none();
    is_init.then(|| run().unwrap_or(FAILED))
}

fn run() -> std::io::Result<ExitCode> {
    let mut signals = Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2])?;
    // Its handle is dropped without waiting: `wait` below reports every child.
    let server = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(env_vars::HAS_INIT, "1")
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

/// Reaps the children that have ended; returns the exit code if the server is one of them.
fn reap(server: Option<Pid>) -> Option<ExitCode> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if Some(pid) == server {
            return Some(exit_code(ExitStatus::from_raw(status.as_raw())));
        }
    }
    None
}

/// Exit code as shells report it: 128 plus the number of a signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(FAILED, ExitCode::from)
}
