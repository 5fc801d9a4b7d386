//! Entries that are no files or lead elsewhere, in the places that an upload opens.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::Tree;

use super::case::{CONFIG, Case, NAME};

const LIMIT: Duration = Duration::from_secs(10);
/// Text outside of the project, which is not sent.
const CANARY: &str = "canary-outside";
const KINDS: [&str; 5] = [
    "pipe",
    "socket",
    "link to a file",
    "link to a folder",
    "link to itself",
];

fn put(kind: &str, place: &Path, outside: &Path) {
    let _ = fs::remove_file(place);
    let _ = fs::remove_dir_all(place);
    match kind {
        "pipe" => {
            let status = Command::new("mkfifo").arg(place).status();
            assert!(status.unwrap().success());
        }
        "socket" => drop(UnixListener::bind(place).unwrap()),
        "link to a file" => symlink(outside.join("file"), place).unwrap(),
        "link to a folder" => symlink(outside, place).unwrap(),
        _ => symlink(place, place).unwrap(),
    }
}

/// Pushes with an entry in a place; returns the exit code and the report.
fn push(kind: &str, place: &str) -> (Option<i32>, Value) {
    let case = Case::new("special");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), CANARY).unwrap();
    case.write("1_textures/mine.txt", b"mine");
    put(kind, &case.home.path().join(place), outside.path());
    let start = Instant::now();
    let (code, report) = case.push(&["--overwrite"]);
    assert!(start.elapsed() < LIMIT, "{kind} in {place}");
    assert!(!report.to_string().contains(CANARY), "{report}");
    let sent = case.download();
    let sent = Tree::read(sent.path()).unwrap();
    assert_eq!(sent.count_files_with(CANARY), 0, "{kind} in {place}");
    if place != NAME {
        assert_eq!(sent.count_files_with("mine"), 1, "{kind} in {place}");
    }
    (code, report)
}

#[test]
fn special_entries_are_named_and_not_sent() {
    for kind in KINDS {
        let reason = match kind.starts_with("link") {
            true => "links are not followed",
            false => "it is neither a file nor a folder",
        };
        for path in ["0_input", "pipeline", CONFIG, "0_input/references/a"] {
            let (code, report) = push(kind, &format!("{NAME}/{path}"));
            let skipped = json!([{"path": path, "reason": reason}]);
            assert_eq!(
                (code, &report["skipped"]),
                (Some(0), &skipped),
                "{kind}: {report}"
            );
        }
        let (code, report) = push(kind, NAME);
        let expected = (Some(1), &json!("project_not_found"));
        assert_eq!((code, &report["code"]), expected, "{kind}: {report}");
    }
}
