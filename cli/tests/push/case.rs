//! A project to push, and looking at what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::s3::Server;

pub const NAME: &str = "Hero";

/// A workspace with a project, which goes to a place of the bucket that no other test uses.
pub struct Case {
    pub home: TempDir,
    pub prefix: &'static str,
}

impl Case {
    pub fn new(prefix: &'static str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let case = Self { home, prefix };
        let made = case.podslate(&["new", NAME]).output().expect("it runs");
        assert!(made.status.success());
        case
    }

    pub fn project(&self) -> PathBuf {
        self.home.path().join(NAME)
    }

    pub fn write(&self, path: &str, content: &[u8]) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }

    /// How the keys of the project begin.
    pub fn key(&self) -> String {
        format!("{}/{NAME}/", self.prefix)
    }

    pub fn podslate(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_podslate"));
        command.args(args).arg("--workspace").arg(self.home.path());
        for variable in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ] {
            command.env_remove(variable);
        }
        // No key of the person who runs the tests is ever found.
        command.env("HOME", self.home.path()).env("NO_PROXY", "*");
        command
    }

    pub fn command(&self, url: &str) -> Command {
        let server = Server::get();
        let mut command = self.podslate(&["push", NAME, "--json", "--prefix", self.prefix]);
        command
            .args(["--endpoint", url, "--bucket", &server.bucket])
            .env("AWS_ACCESS_KEY_ID", &server.key)
            .env("AWS_SECRET_ACCESS_KEY", &server.secret);
        command
    }

    /// Starts to push, to a gate before the server.
    #[cfg(unix)]
    pub fn started(&self, url: &str) -> std::process::Child {
        use std::process::Stdio;
        let mut command = self.command(url);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it runs")
    }

    /// Pushes; the exit code and the answer.
    pub fn push(&self, args: &[&str]) -> (Option<i32>, Value) {
        answer(self.command(&Server::get().url).args(args))
    }
}

/// Runs a command; the exit code and the answer.
pub fn answer(command: &mut Command) -> (Option<i32>, Value) {
    said(&command.output().expect("it runs"))
}

/// The exit code and the object on standard output. The secret is in no output.
pub fn said(output: &Output) -> (Option<i32>, Value) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("Unicode");
    let (result, notes) = (text(&output.stdout), text(&output.stderr));
    for text in [&result, &notes] {
        assert!(!text.contains(&Server::get().secret), "{text}");
    }
    let value = serde_json::from_str(&result).unwrap_or_else(|_| panic!("{result}{notes}"));
    (output.status.code(), value)
}

/// Every file with its content, and every folder.
pub fn tree(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let relative = path.strip_prefix(root).expect("below");
            let name = relative.to_str().expect("Unicode").replace('\\', "/");
            if path.is_dir() {
                found.insert(name, None);
                waiting.push(path);
            } else {
                found.insert(name, Some(fs::read(path).expect("read")));
            }
        }
    }
    found
}

/// Bytes without a pattern.
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..count / 8).flat_map(|_| next()).collect()
}
