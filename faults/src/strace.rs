//! `strace`: the system calls of a program, and a fault at one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use testing::memory_dir;

use crate::outcome::Skipped;
use crate::program::{Exit, Operation, Program, run};

/// Errors that are injected.
pub const ERRORS: [&str; 8] = [
    "ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES", "EMFILE", "EINTR", "ENOENT",
];

/// Calls that take no fault: before `execve` there is no program, and the kernel makes
/// `restart_syscall` itself.
const WITHOUT_FAULT: [&str; 2] = ["execve", "restart_syscall"];

/// Calls that do not fail, or for wrong arguments only: the libraries below the programs take any
/// other error there as a broken system and give up.
const WITHOUT_ERROR: [&str; 5] = [
    "exit",
    "exit_group",
    "munmap",
    "rt_sigaction",
    "sigaltstack",
];

/// Calls that change or read a workspace.
const FILE_SYSTEM: [&str; 15] = [
    "mkdirat",
    "renameat",
    "renameat2",
    "unlinkat",
    "openat",
    "openat2",
    "newfstatat",
    "statx",
    "fstat",
    "fsync",
    "write",
    "pwrite64",
    "pread64",
    "getdents64",
    "mkdir",
];

/// One system call of a run, numbered per call and thread from 1, as `strace` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The system call.
    pub call: String,
    /// Its number.
    pub number: usize,
}

impl Position {
    /// The `number`th call of `call`.
    pub fn new(call: &str, number: usize) -> Self {
        let call = call.to_owned();
        Self { call, number }
    }

    /// Whether the call can fail.
    pub fn can_fail(&self) -> bool {
        !WITHOUT_ERROR.contains(&&*self.call)
    }

    /// Whether the call is one of the file system.
    pub fn is_of_file_system(&self) -> bool {
        FILE_SYSTEM.contains(&&*self.call)
    }
}

/// Fault at a position.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The process is killed.
    Kill,
    /// The call fails with an error.
    Error(&'static str),
    /// The call is delayed, by milliseconds.
    Delay(u64),
}

/// Checks that `strace` works here.
///
/// # Errors
/// It is not installed, or may not trace.
pub fn require() -> Result<(), Skipped> {
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=execve", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Skipped("strace may not trace here".to_owned())),
        Err(_) => Err(Skipped("strace is not installed".to_owned())),
    }
}

/// Every position of a run without faults.
///
/// # Errors
/// The program cannot be traced.
pub fn positions(
    program: &Program,
    workspace: &Path,
    operation: Operation<'_>,
) -> Result<Vec<Position>> {
    let dir = memory_dir()?;
    let log = dir.path().join("strace");
    run(&mut program.command(&command(&log, &[]), workspace, operation))?;
    Ok(parse(&fs::read_to_string(log)?))
}

/// Runs an operation with a fault at a position. Also returns whether the fault happened.
///
/// # Errors
/// The program cannot be traced, or does not end in time.
pub fn run_with_fault(
    program: &Program,
    workspace: &Path,
    operation: Operation<'_>,
    position: &Position,
    fault: &Fault,
) -> Result<(Exit, bool)> {
    let dir = memory_dir()?;
    let log = dir.path().join("strace");
    let prefix = injecting(&log, position, fault);
    let exit = run(&mut program.command(&prefix, workspace, operation))?;
    let log = fs::read_to_string(log)?;
    let has_happened = match fault {
        // strace ends as the program that it runs.
        Fault::Kill => exit.code.is_none(),
        Fault::Error(_) => log.contains("(INJECTED)"),
        Fault::Delay(_) => log.contains("(DELAYED)"),
    };
    Ok((exit, has_happened))
}

/// Command that runs a program with a fault and writes the calls to `log`.
pub fn injecting(log: &Path, Position { call, number }: &Position, fault: &Fault) -> Vec<String> {
    let action = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
        Fault::Delay(milliseconds) => format!("delay_enter={milliseconds}ms"),
    };
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:{action}:when={number}");
    command(log, &["-e", &trace, "-e", &inject])
}

fn command(log: &Path, options: &[&str]) -> Vec<String> {
    let log = log.display().to_string();
    let words = [&["strace", "-f", "-qq", "-o", &log], options].concat();
    words.into_iter().map(str::to_owned).collect()
}

/// Reads `PID call(…` of each line; a call that is resumed was counted when it began.
fn parse(log: &str) -> Vec<Position> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in log.lines() {
        let (thread, rest) = line.split_once(' ').unwrap_or_default();
        let (call, _) = rest.trim_start().split_once('(').unwrap_or_default();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !call.is_empty() && call.bytes().all(is_word) && !WITHOUT_FAULT.contains(&call) {
            *counts.entry((call, thread)).or_default() += 1;
        }
    }
    let mut maxima: BTreeMap<&str, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let max = maxima.entry(call).or_default();
        *max = count.max(*max);
    }
    let positions = maxima
        .into_iter()
        .flat_map(|(call, max)| (1..=max).map(|number| Position::new(call, number)));
    positions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_per_thread() {
        let log = "7 execve(\"x\") = 0\n7 fsync(3) = 0\n8 fsync(4 <unfinished ...>\n7 fsync(3) = 0\n\
                   8 <... fsync resumed>) = 0\n7 +++ exited with 0 +++\n7 --- SIGCHLD {a=(1)} ---\n";
        let expected = [Position::new("fsync", 1), Position::new("fsync", 2)];
        assert_eq!(parse(log), expected);
    }
}
