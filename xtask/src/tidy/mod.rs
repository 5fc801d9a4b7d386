//! Promises of the architecture that no compiler checks, as tests.

mod imports;

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;
use walkdir::{DirEntry, WalkDir};
use xshell::{Shell, cmd};

/// Maximum length of a file of code, in lines.
const MAX_LINES: usize = 400;
/// Longer files: tables.
const LONG_FILES: [&str; 1] = ["worker/tests/cases/table.rs"];

/// The crates of the project that each crate may use, except for its tests. Others may use none.
const DEPENDENCIES: &str = "\
project-init: podslate-disk podslate-shared
podslate-disk: podslate-shared
podslate-sandbox: podslate-disk podslate-shared
podslate-backend: podslate-disk podslate-sandbox podslate-shared
podslate-frontend: podslate-shared
podslate: podslate-backend podslate-disk podslate-shared
podslate-faults: podslate-shared podslate-testing
podslate-bench: podslate-shared podslate-testing
podslate-fuzz: podslate-backend podslate-sandbox podslate-shared podslate-testing project-init
podslate-testing: podslate-shared";

/// Modules that reach the outside, which `shared` must not name.
const OUTSIDE: &str = "std::fs std::net std::time std::env std::process std::io std::thread";

/// Phrases that STYLE.md retired.
const RETIRED: &str = "in whatever capitals|twin|goes before|breaks off|comes to its end|so many";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Cargo's description of the crates of the project.
fn packages() -> Vec<Value> {
    let sh = Shell::new().unwrap();
    sh.change_dir(root());
    let text = cmd!(sh, "cargo metadata --no-deps --format-version 1 --offline").read();
    let metadata: Value = serde_json::from_str(&text.unwrap()).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The paths and texts of the files of code and of prose below a folder of the clone.
fn files(folder: &str) -> Vec<(String, String)> {
    let is_source = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !name.starts_with('.') && name != "target"
    };
    let mut files = Vec::new();
    let entries = WalkDir::new(root().join(folder)).into_iter();
    for entry in entries.filter_entry(is_source) {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(root()).unwrap().to_string_lossy();
        if name.ends_with(".rs") || name.ends_with(".md") {
            files.push((name.replace('\\', "/"), fs::read_to_string(&path).unwrap()));
        }
    }
    files
}

#[test]
fn dependencies_point_one_way() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let row = |line: &'static str| line.strip_prefix(name)?.strip_prefix(':');
        let allowed = DEPENDENCIES.lines().find_map(row).unwrap_or_default();
        for used in package["dependencies"].as_array().unwrap() {
            let used_name = used["name"].as_str().unwrap();
            let is_free = used["path"].is_null() || used["kind"] == "dev";
            let is_allowed = allowed.split(' ').any(|allowed| allowed == used_name);
            assert!(is_free || is_allowed, "{name} -> {used_name}");
        }
    }
}

#[test]
fn shared_does_no_input_or_output() {
    let files = files("shared/src");
    assert!(files.len() > 4);
    for (name, text) in files {
        let named = OUTSIDE.split(' ').find(|module| text.contains(module));
        assert_eq!(named, None, "{name}");
    }
}

/// Clippy finds the calls, whose list is in clippy.toml, in crates that ask for it.
#[test]
fn only_the_worker_changes_projects() {
    let lint = "#![cfg_attr(not(test), warn(clippy::disallowed_methods))]";
    for crate_root in
        "shared/src/lib backend/src/lib backend/sandbox/src/lib cli/src/main".split(' ')
    {
        let text = fs::read_to_string(root().join(crate_root).with_extension("rs")).unwrap();
        assert!(text.contains(lint), "add `{lint}` to {crate_root}.rs");
    }
}

#[test]
fn no_file_imports_in_a_circle() {
    let mut circles = String::new();
    for package in packages() {
        for target in package["targets"].as_array().unwrap() {
            if target["kind"][0] == "lib" || target["kind"][0] == "bin" {
                circles += &imports::circles(target["src_path"].as_str().unwrap().as_ref());
            }
        }
    }
    let advice = "move what both files need into a third one, which imports neither";
    assert!(circles.is_empty(), "{advice}:\n{circles}");
}

#[test]
fn files_stay_small() {
    for (name, text) in files("") {
        let lines = text.lines().count();
        let is_exempt = name.ends_with(".md") || LONG_FILES.contains(&&*name);
        assert!(is_exempt || lines <= MAX_LINES, "{name} has {lines} lines");
    }
}

#[test]
fn retired_phrases_do_not_return() {
    let mut found = Vec::new();
    for (name, text) in files("") {
        let start = if name.ends_with(".md") { "" } else { "//" };
        let prose = text
            .lines()
            .filter_map(|line| Some(line.split_once(start)?.1));
        let prose = Vec::from_iter(prose).join(" ").to_lowercase();
        let mut phrases = RETIRED.split('|').map(|phrase| format!(" {phrase}"));
        let phrase = phrases.find(|phrase| prose.contains(phrase));
        let phrase = phrase.filter(|_| name != "STYLE.md");
        found.extend(phrase.map(|phrase| format!("{name}:{phrase}")));
    }
    assert!(found.is_empty(), "STYLE.md has other words: {found:#?}");
}
