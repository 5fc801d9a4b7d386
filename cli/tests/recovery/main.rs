//! Recovery by the program: as a command, and by a server beside its requests.

#[path = "../support/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use server::Server;

/// Runs the program on a workspace; its exit code and standard output.
fn run(workspace: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_podslate"))
        .args(args)
        .arg("--workspace")
        .arg(workspace)
        .output()
        .expect("the program runs");
    let stdout = String::from_utf8(output.stdout).expect("output is Unicode");
    (output.status.code(), stdout)
}

/// A workspace with one project as a rename leaves it that was cut off, and a sound one.
fn interrupted() -> tempfile::TempDir {
    let workspace = tempfile::tempdir().expect("a directory");
    for name in ["Old", "Sound"] {
        assert_eq!(run(workspace.path(), &["new", name]).0, Some(0));
    }
    fs::rename(workspace.path().join("Old"), workspace.path().join("New")).expect("a rename");
    workspace
}

fn config(workspace: &Path, name: &str) -> String {
    fs::read_to_string(workspace.join(name).join("pipeline/config.json")).expect("a configuration")
}

#[test]
fn the_command_repairs_and_says_so() {
    let workspace = interrupted();
    let (old, sound) = (
        config(workspace.path(), "New"),
        config(workspace.path(), "Sound"),
    );
    for (message, repaired) in [
        ("Recovery: 1 repaired, 0 removed, 0 left.", "[\"New\"]"),
        ("Recovery: 0 repaired, 0 removed, 0 left.", "[]"),
    ] {
        let answer = format!(
            "{{\"status\":\"success\",\"action\":\"recovered\",\"repaired\":{repaired},\
             \"removed\":[],\"left\":[],\"message\":\"{message}\"}}\n"
        );
        assert_eq!(
            run(workspace.path(), &["recover", "--json"]),
            (Some(0), answer)
        );
        let expected = old.replace("\"Old\"", "\"New\"");
        assert_eq!(config(workspace.path(), "New"), expected);
        assert_eq!(config(workspace.path(), "Sound"), sound);
    }
}

#[test]
fn a_server_repairs_when_it_starts() {
    let workspace = interrupted();
    let expected = config(workspace.path(), "New").replace("\"Old\"", "\"New\"");
    let _server = Server::start(workspace.path());
    let deadline = Instant::now() + Duration::from_secs(20);
    while config(workspace.path(), "New") != expected {
        assert!(
            Instant::now() < deadline,
            "the configuration still says the old name"
        );
        thread::sleep(Duration::from_millis(10));
    }
}
