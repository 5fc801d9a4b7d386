//! The program for Windows, in Wine.

mod api;
mod ending;
mod paths;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;
use testing::Wine;

use crate::pods::workstation::CommandOutput;
use crate::program::without_settings;

/// A command of the program, in a folder.
fn podslate(wine: &Wine, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = wine.command("podslate");
    without_settings(&mut command)
        .current_dir(folder)
        .args(arguments)
        .envs(wine.environment());
    command
}

/// The exit code and the one object that a command prints.
fn json(wine: &Wine, folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments = [arguments, &["--json"]].concat();
    let output = podslate(wine, folder, &arguments).output();
    let output = CommandOutput::new(&output.expect("Wine runs"));
    let object = serde_json::from_str(&output.stdout);
    (output.code, object.unwrap_or_else(|_| panic!("{output:?}")))
}

/// Something that another program has open: Windows lets nobody else rename it.
struct Held {
    program: Child,
    input: Option<ChildStdin>,
}

impl Held {
    fn open(wine: &Wine, path: &Path) -> Self {
        let mut command = wine.command("hold");
        command.arg(testing::windows_path(path));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = command.spawn().expect("Wine runs");
        let stdout = program.stdout.take().expect("a pipe");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        assert!(read.is_ok() && line.starts_with("open"), "{line}");
        let input = program.stdin.take();
        Self { program, input }
    }

    fn close(mut self) {
        drop(self.input.take());
        assert!(self.program.wait().expect("an end").success());
    }
}
