//! Limits of the system: little address space, and a workspace with many entries.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{PODSLATE, podslate, stdout, without_settings};

/// Maximum address space that is tried, in KiB.
const MAX_SPACE: u32 = 400_000;
/// Difference of the limits that are tried, in KiB.
const STEP: u32 = 500;
const MANY: usize = 10_000;

/// Runs the program with a limit of its address space, in KiB.
fn within(space: u32, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    let line = "ulimit -v \"$1\"; shift; exec \"$@\"";
    command.args(["-c", line, "sh", &space.to_string(), PODSLATE]);
    // A panic prints nothing else.
    let command = without_settings(&mut command).args(args);
    command
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("a shell")
}

/// The smallest limit that `holds`, which larger ones do, too.
fn smallest(holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, MAX_SPACE / STEP);
    while low < high {
        let middle = low.midpoint(high);
        match holds(middle * STEP) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    low * STEP
}

#[test]
fn too_little_address_space_is_an_error_that_names_the_limit() {
    let create = |space, home: &Path| {
        let home = home.to_str().expect("Unicode");
        within(space, &["new", "Hero", "--json", "--workspace", home])
    };
    let home = || tempfile::tempdir().expect("a directory");
    let is_enough = |space| create(space, home().path()).status.success();
    // Below it the program itself cannot be started, or has no memory for a sentence.
    let is_answer = |space| matches!(create(space, home().path()).status.code(), Some(0..=2));
    let (first, enough) = (smallest(is_answer), smallest(is_enough));
    let mut refused = 0;
    for space in (first..enough).step_by(STEP as usize) {
        let home = home();
        let output = create(space, home.path());
        if output.status.success() {
            continue;
        }
        let notes = String::from_utf8_lossy(&output.stderr);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let found = (output.status.code(), &report["code"]);
        let expected = (Some(2), &json!("resources_missing"));
        assert_eq!(found, expected, "{space} KiB: {report} {notes}");
        assert!(report.to_string().contains("ulimit -v"), "{report}");
        assert!(!notes.contains("panicked"), "{space} KiB: {notes}");
        assert!(
            fs::read_dir(home.path())
                .expect("a folder")
                .next()
                .is_none()
        );
        refused += 1;
    }
    assert!(refused > 0, "{first} KiB to start, {enough} KiB to create");
}

#[test]
fn recovery_copes_with_thousands_of_entries() {
    let workspace = tempfile::tempdir().expect("a directory");
    let root = workspace.path();
    stdout(&mut podslate(root, &["new", "Old"]));
    for number in 0..MANY {
        match number % 2 {
            0 => fs::create_dir(root.join(format!("folder_{number}"))).expect("a folder"),
            _ => fs::write(root.join(format!("file_{number}")), "mine").expect("a file"),
        }
    }
    fs::rename(root.join("Old"), root.join("New")).expect("a rename");
    let start = Instant::now();
    let report = stdout(&mut podslate(root, &["recover", "--json"]));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["repaired"], json!(["New"]), "{report}");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    let names = testing::names(root).expect("a folder");
    let visible = names.iter().filter(|name| !name.starts_with('.'));
    assert_eq!(visible.count(), MANY + 1);
}
