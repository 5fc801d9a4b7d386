//! What the architecture promises and no compiler checks, as tests.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file of code.
const LINES: usize = 500;

/// Which room may use which, as the names of packages in the manifests.
const ROOMS: [(&str, &[&str]); 8] = [
    ("shared", &[]),
    ("worker", &["podslate-shared"]),
    ("backend/sandbox", &["podslate-shared"]),
    ("backend", &["podslate-sandbox", "podslate-shared"]),
    ("frontend", &["podslate-shared"]),
    ("cli", &["podslate-backend", "podslate-shared"]),
    ("faults", &["podslate-shared"]),
    (
        "fuzz",
        &[
            "podslate-backend",
            "podslate-faults",
            "podslate-sandbox",
            "podslate-shared",
            "project-init",
        ],
    ),
];

/// What `shared` must not name: it does nothing but think.
const OUTSIDE: [&str; 7] = [
    "std::fs",
    "std::net",
    "std::time",
    "std::env",
    "std::process",
    "std::io",
    "std::thread",
];

/// What changes files.
const CHANGES: [&str; 9] = [
    "fs::write",
    "fs::create_dir",
    "fs::rename",
    "fs::remove_",
    "fs::copy",
    "fs::hard_link",
    "File::create",
    "OpenOptions",
    "set_permissions",
];

/// Where something beside the worker changes files, and why that is none of a project's.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "backend/src/workspace/mod.rs",
        "makes the workspace's folder",
    ),
    (
        "backend/sandbox/src/diagnosis.rs",
        "tries a file of its own to find out why writing fails",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of code below a folder of the project, with their paths in it and without their tests.
fn code(folder: &str) -> Vec<(String, String)> {
    let mut waiting = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                files.push((name, text));
            }
        }
    }
    files
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn dependencies_point_one_way() {
    for (room, allowed) in ROOMS {
        let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let normal = manifest
            .split("[dev-dependencies]")
            .next()
            .unwrap_or_default();
        let is_ours = |line: &&str| line.starts_with("podslate-") || line.starts_with("project-");
        let used = normal.lines().filter(is_ours);
        for line in used {
            let name = line.split(['.', ' ']).next().unwrap_or_default();
            assert!(allowed.contains(&name), "{room} must not depend on {name}");
        }
    }
}

#[test]
fn shared_does_nothing_but_think() {
    let files = code("shared/src");
    assert!(files.len() > 4);
    for (name, text) in files {
        for word in OUTSIDE {
            assert!(!text.contains(word), "{name} must not name {word}");
        }
    }
}

#[test]
fn only_the_worker_changes_projects() {
    for room in [
        "shared/src",
        "backend/src",
        "backend/sandbox/src",
        "frontend/src",
    ] {
        for (name, text) in code(room) {
            let is_tool = name.contains("/bin/");
            if is_tool || EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
                continue;
            }
            for word in CHANGES {
                assert!(
                    !without_tests(&text).contains(word),
                    "{name} must not use {word}"
                );
            }
        }
    }
}

#[test]
fn files_stay_small() {
    for room in [
        "shared",
        "worker",
        "backend",
        "frontend/src",
        "cli",
        "faults",
        "fuzz",
        "xtask",
    ] {
        for (name, text) in code(room) {
            let lines = text.lines().count();
            assert!(
                lines <= LINES,
                "{name} has {lines} lines: does it still do one thing?"
            );
        }
    }
}
