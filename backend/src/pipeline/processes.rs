//! Processes as `/proc` shows them: what a process has started, directly or not, and what carries
//! a mark in its environment. Systems without `/proc` show none.
#![expect(
    clippy::disallowed_methods,
    reason = "what is in /proc comes from the kernel"
)]

use std::fs;
use std::path::Path;

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Number of its process group.
    pub group: u32,
    parent: u32,
    /// A process that has ended still has children while one of its threads waits for a volume.
    is_living: bool,
    /// Time of its start, in ticks since the system's: tells it from a later one with the same
    /// number.
    start: u64,
}

/// Living processes that `ancestor` has started, directly or not.
pub fn descendants(ancestor: u32) -> Vec<Process> {
    let processes = all();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![ancestor];
    while let Some(parent) = parents.pop() {
        let children = processes.iter().filter(|process| process.parent == parent);
        parents.extend(children.clone().map(|process| process.id));
        found.extend(children.filter(|process| process.is_living));
    }
    found
}

/// Living processes with an environment variable whose value is accepted.
pub fn marked(variable: &str, is_right: impl Fn(&str) -> bool) -> Vec<Process> {
    let start = format!("{variable}=");
    let has_mark = |process: &Process| {
        let environment = fs::read(format!("/proc/{}/environ", process.id)).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| {
            let value = variable.strip_prefix(start.as_bytes());
            value.is_some_and(|value| std::str::from_utf8(value).is_ok_and(&is_right))
        })
    };
    let living = all().into_iter().filter(|process| process.is_living);
    living.filter(has_mark).collect()
}

/// Time of a living process's start.
pub fn start_of(id: u32) -> Option<u64> {
    let process = read(&Path::new("/proc").join(id.to_string()))?;
    process.is_living.then_some(process.start)
}

impl Process {
    /// Sends a signal. That the process has ended is no error.
    #[cfg(unix)]
    pub fn send(self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.id).ok().filter(|id| *id > 1);
        if let Some(id) = id.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(id, signal);
        }
    }
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| read(&entry.path())).collect()
}

/// A process by its folder.
fn read(folder: &Path) -> Option<Process> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    parse(id, &stat)
}

fn parse(id: u32, stat: &str) -> Option<Process> {
    // The name before may contain anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let start = fields.nth(16)?.parse().ok()?;
    Some(Process {
        id,
        group,
        parent,
        is_living: !matches!(state, "Z" | "X"),
        start,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use testing::{PATIENCE, wait_until};

    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let fields = format!("1 6 7{} 4711 0", " 0".repeat(15));
        for (state, is_living) in [("S", true), ("D", true), ("Z", false)] {
            let process = parse(7, &format!("7 (a) S 2 (b) {state} {fields}"));
            let expected = Process {
                id: 7,
                group: 6,
                parent: 1,
                is_living,
                start: 4711,
            };
            assert_eq!(process, Some(expected));
        }
        assert_eq!(parse(7, ""), None);
    }

    #[test]
    fn descendants_and_marked_processes_are_found() {
        let mut child = Command::new("sh")
            .args(["-c", "sh -c 'sleep 600; :'; :"])
            .env("PODSLATE_TEST_MARK", "a mark")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let count = |mark: &str| marked("PODSLATE_TEST_MARK", |value| value == mark).len();
        assert!(wait_until(PATIENCE, || count("a mark") == 3));
        assert_eq!(count("another"), 0);
        let below = descendants(child.id());
        assert_eq!(below.len(), 2);
        assert!(descendants(std::process::id()).contains(&below[1]));
        assert!(start_of(child.id()).is_some());
        for process in below {
            process.send(rustix::process::Signal::KILL);
        }
        child.wait().unwrap();
        assert!(wait_until(PATIENCE, || count("a mark") == 0));
        assert_eq!(start_of(child.id()), None);
    }
}
