//! strace: which system calls a program makes, and a fault at one of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::place;
use crate::program::{Ask, Ended, Program, run};

/// The errors that are injected.
pub const ERRORS: [&str; 8] = [
    "ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES", "EMFILE", "EINTR", "ENOENT",
];

/// Calls at which no fault can be placed: before `execve` there is no program, and `restart_syscall`
/// is made by the kernel.
const NO_PLACE: [&str; 2] = ["execve", "restart_syscall"];

/// Calls that do not fail, or fail for wrong arguments alone: the libraries below the programs take
/// any other error there as a broken system and give up.
const NO_ERROR: [&str; 5] = [
    "exit",
    "exit_group",
    "munmap",
    "rt_sigaction",
    "sigaltstack",
];

/// The calls that change or read a workspace; an error in any other is one of the machine.
const OF_FILES: [&str; 15] = [
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

/// The `number`th call of `call` by one thread, counted from 1, as strace counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The system call.
    pub call: String,
    /// Its number.
    pub number: usize,
}

impl Position {
    /// Whether the call can fail.
    pub fn can_fail(&self) -> bool {
        !NO_ERROR.contains(&self.call.as_str())
    }

    /// Whether the call is one of the file system.
    pub fn is_of_files(&self) -> bool {
        OF_FILES.contains(&self.call.as_str())
    }
}

/// Why strace cannot be used here, if it cannot.
pub fn unusable() -> Option<String> {
    let works = Command::new("strace")
        .args(["-f", "-e", "trace=execve", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match works {
        Ok(status) if status.success() => None,
        Ok(_) => Some("strace may not trace here".to_owned()),
        Err(_) => Some("strace is not installed".to_owned()),
    }
}

/// Every position of a run without faults.
///
/// # Errors
/// The program cannot be traced.
pub fn positions(program: &Program, workspace: &Path, ask: Ask<'_>) -> io::Result<Vec<Position>> {
    let folder = place::in_memory()?;
    let log = folder.path().join("trace");
    let prefix = strace(&log, &[]);
    run(&mut program.command(&prefix, workspace, ask))?;
    Ok(parse(&fs::read_to_string(log)?))
}

/// What happens at a position.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The process is killed.
    Kill,
    /// The call fails with an error.
    Error(&'static str),
    /// The call waits for so many milliseconds.
    Delay(u64),
}

/// Runs a program with a fault at a position; whether the fault happened.
///
/// # Errors
/// The program cannot be traced, or does not end in time.
pub fn with_fault(
    program: &Program,
    workspace: &Path,
    ask: Ask<'_>,
    position: &Position,
    fault: &Fault,
) -> io::Result<(Ended, bool)> {
    let folder = place::in_memory()?;
    let log = folder.path().join("trace");
    let prefix = injecting(&log, position, fault);
    let ended = run(&mut program.command(&prefix, workspace, ask))?;
    let log = fs::read_to_string(log)?;
    let happened = match fault {
        // strace ends as the program that it runs.
        Fault::Kill => ended.exit.is_none(),
        Fault::Error(_) => log.contains("(INJECTED)"),
        Fault::Delay(_) => log.contains("(DELAYED)"),
    };
    Ok((ended, happened))
}

/// The words before a program that place a fault.
pub fn injecting(log: &Path, position: &Position, fault: &Fault) -> Vec<String> {
    let Position { call, number } = position;
    let what = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
        Fault::Delay(milliseconds) => format!("delay_enter={milliseconds}ms"),
    };
    let options = [
        "-e".to_owned(),
        format!("trace={call}"),
        "-e".to_owned(),
        format!("inject={call}:{what}:when={number}"),
    ];
    strace(log, &options)
}

fn strace(log: &Path, options: &[String]) -> Vec<String> {
    let log = log.display().to_string();
    let fixed = ["strace", "-f", "-qq", "-o", &log].map(str::to_owned);
    fixed.into_iter().chain(options.iter().cloned()).collect()
}

/// Reads `PID call(…` of each line; a call that is resumed was counted when it began.
fn parse(log: &str) -> Vec<Position> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        if let Some((call, _)) = rest.trim_start().split_once('(')
            && call
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !NO_PLACE.contains(&call)
        {
            *counts.entry((call, thread)).or_default() += 1;
        }
    }
    let mut most: BTreeMap<&str, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let most = most.entry(call).or_default();
        *most = count.max(*most);
    }
    let places = most.into_iter().flat_map(|(call, most)| {
        (1..=most).map(move |number| Position {
            call: call.to_owned(),
            number,
        })
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_for_each_thread() {
        let log = "7 execve(\"x\") = 0\n7 fsync(3) = 0\n8 fsync(4 <unfinished ...>\n7 fsync(3) = 0\n\
                   8 <... fsync resumed>) = 0\n7 +++ exited with 0 +++\n7 --- SIGCHLD {a=(1)} ---\n";
        let found = parse(log);
        let fsync = |number| Position {
            call: "fsync".to_owned(),
            number,
        };
        assert_eq!(found, [fsync(1), fsync(2)]);
    }
}
