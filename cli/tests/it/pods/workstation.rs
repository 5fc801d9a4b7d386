//! A workstation: a home of its own, no settings of this machine, and secrets that must not show.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{PODSLATE, is_project, without_settings};

/// Token of every pod in these tests.
pub const TOKEN: &str = "canary-token-0123456789abcdef";
/// API key in these tests.
pub const KEY: &str = "canary-key-0123456789abcdef";

/// A workstation.
pub struct Workstation {
    home: TempDir,
    environment: Vec<(String, String)>,
    /// What comes before the arguments of every command: the program, and what it is run by.
    program: Vec<String>,
}

/// Exit code and output of a command.
#[derive(Debug)]
pub struct CommandOutput {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Workstation {
    /// A workstation that has the token of the pods.
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().expect("a directory"),
            environment: vec![("PODSLATE_TOKEN".to_owned(), TOKEN.to_owned())],
            program: vec![PODSLATE.to_owned()],
        }
    }

    /// Sets an environment variable.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.unset(name);
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Removes an environment variable.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.environment.retain(|(other, _)| other != name);
        self
    }

    /// Lets another user have this workstation, as a member of one other group, and a copy of the
    /// program that this user may run.
    #[cfg(unix)]
    pub fn become_user(&mut self, user: u32, group: u32, program: &Path) {
        let owner = format!("{user}:{user}");
        let owned = Command::new("chown")
            .args(["-R", &owner])
            .arg(self.home.path())
            .status();
        assert!(owned.expect("chown runs").success());
        let program = program.display();
        let line =
            format!("/usr/bin/setpriv --reuid {user} --regid {user} --groups {group} {program}");
        self.program = line.split(' ').map(str::to_owned).collect();
    }

    /// Has every command run as these words and its arguments.
    #[cfg(unix)]
    pub fn run_by(&mut self, words: Vec<String>) {
        self.program = words;
    }

    /// Writes `podslate.toml` into the current directory and allows it.
    pub fn settings(&self, text: &str) -> &Self {
        self.found_settings(text);
        let output = self.run(&["trust"]);
        assert_eq!(output.code, 0, "{output:?}");
        self
    }

    /// Writes `podslate.toml` into the current directory.
    pub fn found_settings(&self, text: &str) {
        std::fs::write(self.path("podslate.toml"), text).expect("a file");
    }

    /// A path below the current directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.home.path().canonicalize().expect("a path").join(path)
    }

    /// The projects in the local workspace.
    pub fn local(&self) -> Vec<String> {
        names(&self.path("workspace"))
    }

    /// A command of this workstation.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(&self.program[0]);
        command.args(&self.program[1..]).args(arguments);
        command
    }

    /// Starts a command whose output nobody reads.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    /// Runs a line of shell.
    #[cfg(unix)]
    pub fn shell(&self, line: &str) -> CommandOutput {
        let output = self.prepared("sh").args(["-ec", line]).output();
        CommandOutput::new(&output.expect("the shell runs"))
    }

    fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        without_settings(&mut command)
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("APPDATA", self.home.path())
            .env("RUST_BACKTRACE", "0")
            .envs(self.environment.iter().cloned());
        command
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        let output = self.command(arguments).output().expect("the program runs");
        CommandOutput::new(&output)
    }

    /// Runs the program with `--json`; the exit code and the one object that it prints.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
        let object = serde_json::from_str(&output.stdout);
        (output.code, object.unwrap_or_else(|_| panic!("{output:?}")))
    }

    /// Creates a project, which is local because no pod is available; `why` is part of the reason.
    pub fn creates_locally(&self, name: &str, why: &str) {
        let (code, answer) = self.json(&["new", name]);
        assert_eq!(
            (code, &answer["via"], &answer["pod"]),
            (0, &json!("local"), &Value::Null)
        );
        let reason = answer["why"].as_str().expect("a reason");
        assert!(reason.contains(why), "{answer}");
        assert!(is_project(&self.path("workspace").join(name)));
    }
}

impl CommandOutput {
    /// The output of a command; it has no secret, no panic and no color.
    pub fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("Unicode");
        let output = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        let all = [&*output.stdout, &output.stderr].concat();
        for text in ["canary", "panicked", "\u{1b}"] {
            assert!(!all.contains(text), "{text:?} in {all}");
        }
        output
    }
}

/// Names in a directory, in order; none if it does not exist.
pub fn names(dir: &Path) -> Vec<String> {
    testing::names(dir).unwrap_or_default()
}

/// Waits for a value.
pub fn wait_for<T>(what: &str, poll: impl FnMut() -> Option<T>) -> T {
    let value = testing::wait_for(Duration::from_secs(60), poll);
    value.unwrap_or_else(|| panic!("waited in vain for {what}"))
}
