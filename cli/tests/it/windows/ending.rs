//! The end of a server on Windows, with its pipeline.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use testing::{Server, Wine, wait_until};

use super::podslate;
use crate::program::{python, script};

/// A pipeline that writes into a file again and again, by a process that it starts.
fn pipeline(wine: &Wine) -> Vec<String> {
    let [_, program] = wine.words("beat");
    vec![program, "beat.txt".to_owned()]
}

fn beats(folder: &Path) -> u64 {
    fs::metadata(folder.join("workspace/Robot/beat.txt")).map_or(0, |file| file.len())
}

/// Whether nothing is written any more.
fn is_silent(folder: &Path) -> bool {
    let before = beats(folder);
    !wait_until(Duration::from_secs(1), || beats(folder) > before)
}

#[test]
fn the_pipeline_ends_with_a_server_that_is_killed() {
    let test = "windows::ending::the_pipeline_ends_with_a_server_that_is_killed";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let mut command = podslate(&wine, home.path(), &["serve", "--port", "0", "--"]);
    command.args(pipeline(&wine)).env("PROJECT_NAME", "Robot");
    let mut server = Server::spawn(&mut command).expect("a server");
    let has_begun = || beats(home.path()) > 2;
    assert!(wait_until(Duration::from_secs(30), has_begun));
    // The control: it goes on.
    assert!(!is_silent(home.path()));
    server.kill();
    assert!(wait_until(Duration::from_secs(10), || is_silent(
        home.path()
    )));
}

#[test]
fn ctrl_c_in_a_console_ends_the_server_and_its_pipeline() {
    let test = "windows::ending::ctrl_c_in_a_console_ends_the_server_and_its_pipeline";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let mut serve = podslate(&wine, home.path(), &["serve", "--port", "0", "--"]);
    serve.args(pipeline(&wine));
    let keys = json!([["http://127.0.0.1:", "\u{3}"]]).to_string();
    let mut terminal = std::process::Command::new(python());
    terminal
        .arg(script("pods/terminal.py"))
        .arg(keys)
        .arg(serve.get_program())
        .args(serve.get_args())
        .envs(wine.environment())
        .env("PROJECT_NAME", "Robot")
        .current_dir(home.path());
    let output = terminal.output().expect("Python runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("stopping"), "{shown}");
    assert!(is_silent(home.path()));
}
