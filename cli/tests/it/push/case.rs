//! A project to push, and its copy in the bucket.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testing::Tree;

use super::s3::Server;
use crate::program;

pub const NAME: &str = "Hero";
pub const CONFIG: &str = "pipeline/config.json";
pub const LARGE: &str = "0_input/meshes/scan.bin";
pub const MIB: usize = 1 << 20;

/// A workspace with a project, which goes to a folder of the bucket that no other test uses.
pub struct Case {
    pub home: TempDir,
    pub prefix: &'static str,
}

impl Case {
    pub fn new(prefix: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let case = Self { home, prefix };
        assert!(
            case.podslate(&["new", NAME])
                .output()
                .unwrap()
                .status
                .success()
        );
        case
    }

    pub fn project(&self) -> PathBuf {
        self.home.path().join(NAME)
    }

    pub fn write(&self, path: &str, content: &[u8]) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Replaces a file in one step, as programs save: nobody reads a part of it.
    pub fn save(&self, path: &str, content: &[u8]) {
        let saved = self.project().with_extension("saved");
        fs::write(&saved, content).unwrap();
        fs::rename(saved, self.project().join(path)).unwrap();
    }

    /// Prefix of the project's keys.
    pub fn key(&self) -> String {
        format!("{}/{NAME}/", self.prefix)
    }

    pub fn podslate(&self, args: &[&str]) -> Command {
        let mut command = program::podslate(self.home.path(), args);
        // A key in the home directory of the person who runs the tests is not found.
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

    /// Starts to push through a gate in front of the server.
    #[cfg(unix)]
    pub fn start(&self, url: &str) -> std::process::Child {
        let mut command = self.command(url);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Pushes; returns the exit code and the output.
    pub fn push(&self, args: &[&str]) -> (Option<i32>, Value) {
        run(self.command(&Server::get().url).args(args))
    }

    /// Downloads the project into the folder `NAME` of a new workspace.
    pub fn download(&self) -> TempDir {
        let workspace = tempfile::tempdir().unwrap();
        let dir = workspace.path().join(NAME);
        fs::create_dir(&dir).unwrap();
        Server::get().download(&self.key(), &dir);
        workspace
    }

    /// Asserts that the bucket has the project as it is here, after a start with its name, which
    /// creates the empty folders.
    pub fn assert_complete(&self) {
        let workspace = self.download();
        let mut init = program::podslate(workspace.path(), &["init", "--from-env"]);
        program::stdout(init.env("PROJECT_NAME", NAME));
        let found = Tree::read(&workspace.path().join(NAME)).unwrap();
        let expected = Tree::read(&self.project()).unwrap();
        found.assert_same(&expected);
    }
}

/// Runs a command; returns the exit code and the output.
pub fn run(command: &mut Command) -> (Option<i32>, Value) {
    parse(&command.output().unwrap())
}

/// Exit code and the object on standard output. No output contains the secret.
pub fn parse(output: &Output) -> (Option<i32>, Value) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (result, notes) = (text(&output.stdout), text(&output.stderr));
    for text in [&result, &notes] {
        assert!(!text.contains(&Server::get().secret), "{text}");
    }
    let value = serde_json::from_str(&result).unwrap_or_else(|_| panic!("{result}{notes}"));
    (output.status.code(), value)
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
