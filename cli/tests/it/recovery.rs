//! Recovery by the command, and by a server that starts.

use std::fs;
use std::path::Path;

use testing::{PATIENCE, Tree, wait_until};

use crate::program::{podslate, serve, stdout};

/// A workspace with a complete project and one whose rename was interrupted.
fn interrupted() -> tempfile::TempDir {
    let workspace = tempfile::tempdir().expect("a directory");
    for name in ["Old", "Sound"] {
        stdout(&mut podslate(workspace.path(), &["new", name]));
    }
    fs::rename(workspace.path().join("Old"), workspace.path().join("New")).expect("a rename");
    workspace
}

/// What recovery makes of [`interrupted`].
fn recovered() -> Tree {
    let mut tree = Tree::default();
    tree.project("New");
    tree.project("Sound");
    tree
}

fn read(workspace: &Path) -> Tree {
    Tree::read(workspace).expect("a workspace")
}

#[test]
fn the_command_repairs_and_reports_it() {
    let workspace = interrupted();
    assert_ne!(read(workspace.path()), recovered());
    for (message, repaired) in [
        (
            "Recovery: 1 repaired, 0 removed, 0 left.",
            "[\"New\"],\"previous\":[\"Old\"]",
        ),
        ("Recovery: 0 repaired, 0 removed, 0 left.", "[]"),
    ] {
        let report = format!(
            "{{\"status\":\"success\",\"action\":\"recovered\",\"repaired\":{repaired},\
             \"removed\":[],\"left\":[],\"message\":\"{message}\"}}\n"
        );
        let mut recover = podslate(workspace.path(), &["recover", "--json"]);
        assert_eq!(stdout(&mut recover), report);
        read(workspace.path()).assert_same(&recovered());
    }
}

#[test]
fn a_server_repairs_when_it_starts() {
    let workspace = interrupted();
    let _server = serve(workspace.path());
    // While recovery works, an entry may vanish between two calls.
    let is_recovered =
        || Tree::read(workspace.path()).is_ok_and(|tree| tree.visible() == recovered());
    assert!(
        wait_until(PATIENCE, is_recovered),
        "{}",
        read(workspace.path()).diff(&recovered())
    );
}
