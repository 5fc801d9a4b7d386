//! Number of system calls on the workspace's volume, each of which can take a millisecond there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use podslate_shared::layout::CHARACTER;
use serde_json::{Value, json};
use testing::{PATIENCE, Server, http, wait_for};

use crate::program::{PODSLATE, start, without_settings};

/// Fewest calls that create a project: its folders and the unfinished one, one file (open, write,
/// sync, close), one rename, and the sync of the workspace (open, sync, close).
const MIN_CREATE: usize = CHARACTER.directories.len() + 1 + 4 + 1 + 3;
/// The same without closing, see [`Calls::remote`].
const MIN_CREATE_REMOTE: usize = MIN_CREATE - 2;
/// Maximum number of calls that rename a project: of those on the volume, 17 note its old name and
/// keep the owner and the permissions of its configuration.
const MAX_RENAME: usize = 106;
/// The same, see [`Calls::remote`].
const MAX_RENAME_REMOTE: usize = 54;

/// Number of concurrent creates.
const CREATES: usize = 16;

/// A server whose system calls are logged.
struct Traced {
    workspace: tempfile::TempDir,
    log: tempfile::NamedTempFile,
    server: Server,
}

/// System calls of one request on the workspace.
#[derive(Debug, PartialEq, Eq)]
struct Calls {
    all: usize,
    /// Without those that the kernel answers itself: the status of an open file, and closing it.
    remote: usize,
}

impl Traced {
    /// Starts the server with options of strace and waits until it has read the workspace, or skips
    /// the test of this name if that cannot be traced.
    fn start(test: &str, options: &[&str]) -> Option<Self> {
        let works = Command::new("strace")
            .args(["-D", "-qq", "-o", "/dev/null", "true"])
            .stderr(Stdio::null())
            .status();
        match works {
            Ok(status) if status.success() => {}
            works => {
                let reason =
                    works.map_or("strace is not installed", |_| "strace may not trace here");
                testing::skip(test, reason);
                return None;
            }
        }
        let workspace = testing::memory_dir().expect("a directory");
        let log = tempfile::NamedTempFile::new().expect("a file");
        // The tracer is no parent of the server, so that the server ends like any other.
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "-y", "-qq", "-e", "trace=%file,%desc"]);
        command
            .args(options)
            .arg("-o")
            .arg(log.path())
            .arg(PODSLATE);
        command.args(["serve", "--port", "0", "--workspace"]);
        command.arg(workspace.path());
        let server = start(without_settings(&mut command));
        let traced = Self {
            workspace,
            log,
            server,
        };
        // The first look at the workspace is over.
        let is_read = || http::get(traced.server.address(), "/api/projects").ok();
        let is_read = || is_read().filter(|list| list.get("state").is_none());
        wait_for(PATIENCE, is_read).expect("the workspace is read");
        Some(traced)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log.path()).expect("the log")
    }

    /// Calls of the thread that responds to a request, which makes its changes by `change`.
    fn calls(&self, path: &str, body: &Value, change: &str) -> Calls {
        let before = self.log().len();
        let response = http::post(self.server.address(), path, body).expect("a response");
        assert_eq!(response["status"], "success", "{response}");
        let log = self.log().split_off(before);
        let is_change = |line: &&str| line.contains(change);
        let line = log.lines().find(is_change).expect("a change");
        let thread = line.split(' ').next().expect("a thread");
        let lines = log
            .lines()
            .filter(|line| line.split(' ').next() == Some(thread));
        count(lines, self.workspace.path())
    }
}

/// Counts the calls that name the workspace or use a file in it.
fn count<'l>(lines: impl Iterator<Item = &'l str>, workspace: &Path) -> Calls {
    let workspace = workspace.display().to_string();
    let mut calls = Calls { all: 0, remote: 0 };
    for line in lines.filter(|line| line.contains(&workspace)) {
        let call = line.split_whitespace().nth(1).unwrap_or_default();
        // Only debug builds ask for the flags of what they close.
        let Some((call, arguments)) = call.split_once('(').filter(|(call, _)| *call != "fcntl")
        else {
            continue;
        };
        let is_status = call == "fstat" || line.contains(&format!("({arguments} \"\", "));
        calls.all += 1;
        calls.remote += usize::from(call != "close" && !is_status);
    }
    calls
}

#[test]
fn creating_and_renaming_take_few_system_calls() {
    let test = "creating_and_renaming_take_few_system_calls";
    let Some(server) = Traced::start(test, &[]) else {
        return;
    };
    let body = json!({"project_name": "Robot"});
    let create = server.calls("/api/projects/create", &body, "mkdirat(");
    let body = json!({"old_name": "Robot", "new_name": "Droid"});
    let rename = server.calls("/rename", &body, "renameat(");
    assert!(create.remote >= CHARACTER.directories.len(), "{create:?}");
    assert!(create.remote * 2 <= MIN_CREATE_REMOTE * 3, "{create:?}");
    assert!(create.all <= MIN_CREATE * 2, "{create:?}");
    assert!(rename.remote <= MAX_RENAME_REMOTE, "{rename:?}");
    assert!(rename.all <= MAX_RENAME, "{rename:?}");
}

#[test]
fn concurrent_creates_wait_for_the_disk_together() {
    let slow_disk = ["-e", "inject=fsync:delay_enter=100ms"];
    let test = "concurrent_creates_wait_for_the_disk_together";
    let Some(server) = Traced::start(test, &slow_disk) else {
        return;
    };
    let before = server.log().len();
    let create = |number| {
        let body = json!({"project_name": format!("Robot{number}")});
        http::post(server.server.address(), "/api/projects/create", &body).expect("a response")
    };
    let create = &create;
    std::thread::scope(|scope| {
        let creates: Vec<_> = (0..CREATES)
            .map(|number| scope.spawn(move || create(number)))
            .collect();
        for create in creates {
            let response = create.join().expect("a thread");
            assert_eq!(response["status"], "success", "{response}");
        }
    });
    let log = server.log().split_off(before);
    let syncs = |end: &str| {
        let is_sync = |line: &&str| line.contains("fsync(") && line.contains(end);
        log.lines().filter(is_sync).count()
    };
    assert_eq!(syncs("/pipeline/config.json>"), CREATES);
    let shared = syncs(&format!("<{}>", server.workspace.path().display()));
    assert!((1..=CREATES / 2).contains(&shared), "{shared}");
}

#[test]
fn calls_on_the_workspace_are_counted() {
    let log = "\
7 openat(AT_FDCWD</>, \"/w\", O_RDONLY) = 5</w>
7 statx(5</w>, \"\", AT_EMPTY_PATH, STATX_ALL, {}) = 0
7 statx(5</w>, \"Robot\", 0, STATX_ALL, 0x7) = -1 ENOENT (No such file or directory)
7 getdents64(5</w>, <unfinished ...>
7 <... getdents64 resumed> {}, 9) = 0
7 read(6</etc/hosts>, \"\", 9) = 0
7 fcntl(5</w>, F_GETFD) = 1
7 close(5</w>) = 0
";
    let calls = count(log.lines(), Path::new("/w"));
    assert_eq!(calls, Calls { all: 5, remote: 3 });
}
