//! The program as people run it, in one test binary: each further one would link all dependencies
//! again.
//!
//! Tests run at the same time in this process, so none changes its environment or directory, and
//! each has a workspace and ports of its own. `tests/faults` is apart: it has no test harness.
#![allow(
    clippy::unwrap_used,
    reason = "an unwrap that fails is a test that fails"
)]

mod browser;
mod compat;
#[cfg(target_os = "linux")]
mod docker;
mod hostile;
#[cfg(unix)]
mod image;
#[cfg(target_os = "linux")]
mod kubernetes;
#[cfg(target_os = "linux")]
mod limits;
mod list;
mod mount;
#[cfg(target_os = "linux")]
mod non_readers;
#[cfg(target_os = "linux")]
mod output;
mod pods;
mod program;
#[cfg(target_os = "linux")]
mod proxy;
mod push;
mod recovery;
mod startup;
#[cfg(unix)]
mod strategies;
#[cfg(target_os = "linux")]
mod syscalls;
mod terminal_text;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod workstations;
