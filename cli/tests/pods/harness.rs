//! A workstation: a home of its own, nothing of this machine's settings, and secrets that must not
//! show.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The token of every pod in these tests.
pub const TOKEN: &str = "canary-token-0123456789abcdef";
/// The API key in these tests.
pub const KEY: &str = "canary-key-0123456789abcdef";

/// A workstation.
pub struct Workstation {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub struct Told {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Workstation {
    /// A workstation that knows the token of the pods.
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().expect("a directory"),
            environment: vec![("PODSLATE_TOKEN".to_owned(), TOKEN.to_owned())],
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

    /// Writes `podslate.toml` into the current folder.
    pub fn settings(&self, text: &str) -> &Self {
        std::fs::write(self.path("podslate.toml"), text).expect("a file");
        self
    }

    /// A path below the current folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.home.path().canonicalize().expect("a path").join(path)
    }

    /// The projects in the local workspace.
    pub fn local(&self) -> Vec<String> {
        names(&self.path("workspace"))
    }

    /// A command of this workstation.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(env!("CARGO_BIN_EXE_podslate"));
        command.args(arguments);
        command
    }

    /// Runs a line of shell.
    #[cfg(unix)]
    pub fn shell(&self, line: &str) -> Told {
        let output = self.prepared("sh").args(["-ec", line]).output();
        Told::new(&output.expect("the shell runs"))
    }

    fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let others = [
                "PODSLATE_",
                "RUNPOD_",
                "XDG_",
                "PROJECT_",
                "HTTP",
                "http",
                "NO_PROXY",
            ];
            if others.iter().any(|other| text.starts_with(other)) {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("APPDATA", self.home.path())
            .env("RUST_BACKTRACE", "0")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program and sees to it that it tells no secret.
    pub fn run(&self, arguments: &[&str]) -> Told {
        let output = self.command(arguments).output().expect("the program runs");
        Told::new(&output)
    }

    /// Runs the program with `--json`; the exit code and the one object.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let told = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(told.out.lines().count(), 1, "{told:?}");
        let object = serde_json::from_str(&told.out);
        (told.code, object.unwrap_or_else(|_| panic!("{told:?}")))
    }
}

impl Workstation {
    /// Makes a project, which is made here because no pod is to be had; `why` is in the reason.
    pub fn makes_here(&self, name: &str, why: &str) {
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

impl Told {
    /// What a command said, without secrets.
    pub fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("Unicode");
        let told = Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        let all = format!("{told:?}");
        assert!(!all.contains("canary"), "a secret: {all}");
        assert!(
            !all.contains("panicked") && !all.contains('\u{1b}'),
            "{all}"
        );
        told
    }
}

/// The entries of a folder in order; none if it does not exist.
pub fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Whether a project is whole.
pub fn is_project(folder: &Path) -> bool {
    folder.join("4_export").is_dir() && folder.join("pipeline/config.json").is_file()
}

/// Waits until something is there.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
