//! Trees on the disk, their changes and their differences.

use std::fs;
use std::time::Duration;

use testing::{Entry, Tree, names};

/// A project with a file of a person's and a staging directory.
fn workspace() -> Tree {
    let mut tree = Tree::default();
    tree.project("Robot");
    tree.file("Robot/notes", "keep");
    tree.dirs(&["Robots", ".podslate-tmp-1", ".podslate-tmp-1/4_export"]);
    tree
}

#[test]
fn a_written_tree_is_read_back() {
    let home = tempfile::tempdir().expect("a directory");
    let tree = workspace();
    tree.write(home.path()).expect("a written tree");
    Tree::read(home.path()).expect("a tree").assert_same(&tree);
    let top = [".podslate-tmp-1", "Robot", "Robots"];
    assert_eq!(names(home.path()).expect("names"), top);
    assert!(Tree::read(&home.path().join("missing")).is_err());
}

#[cfg(unix)]
#[test]
fn a_link_is_read_as_itself() {
    let home = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink("/", home.path().join("link")).expect("a link");
    let tree = Tree::read(home.path()).expect("a tree");
    assert_eq!(tree.get("link"), Some(&Entry::Other));
    assert!(tree.write(home.path()).is_err());
}

#[test]
fn only_hidden_entries_are_aged() {
    let home = tempfile::tempdir().expect("a directory");
    let tree = workspace();
    tree.write(home.path()).expect("a written tree");
    tree.age_hidden(home.path()).expect("times can be set");
    let is_old = |path: &str| {
        let modified = fs::metadata(home.path().join(path)).and_then(|entry| entry.modified());
        let age = modified.expect("a time").elapsed().unwrap_or_default();
        age > Duration::from_secs(24 * 60 * 60)
    };
    assert!(is_old(".podslate-tmp-1") && is_old(".podslate-tmp-1/4_export"));
    assert!(!is_old("Robot") && !is_old("Robot/notes"));
}

#[test]
fn an_entry_is_renamed_and_removed_with_everything_below_it() {
    let mut tree = workspace();
    tree.rename("Robot", "Hero");
    assert_eq!(
        tree.config("Hero").expect("a config")["project_name"],
        "Robot"
    );
    assert_eq!(tree.projects().collect::<Vec<_>>(), ["Hero", "Robots"]);
    tree.remove("Hero");
    assert_eq!(tree.projects().collect::<Vec<_>>(), ["Robots"]);
    assert_eq!(tree.get("Hero/notes"), None);
}

#[test]
fn hidden_entries_are_told_apart() {
    let tree = workspace();
    let hidden = [".podslate-tmp-1", ".podslate-tmp-1/4_export"];
    assert_eq!(tree.hidden(), hidden);
    let visible = tree.visible();
    assert!(visible.hidden().is_empty() && tree.contains(&visible));
    assert!(!visible.contains(&tree));
}

#[test]
fn a_project_is_complete_with_every_directory_and_its_configuration() {
    let complete = workspace();
    assert!(complete.is_complete("Robot"));
    assert!(!complete.is_complete("Robots"));
    for path in ["Robot/4_export", "Robot/pipeline/config.json"] {
        let mut tree = complete.clone();
        tree.remove(path);
        assert!(!tree.is_complete("Robot"), "{path}");
    }
    assert_eq!(
        complete.subtree("Robot").get("notes"),
        complete.get("Robot/notes")
    );
    assert_eq!(complete.count_files_with("keep"), 1);
}

#[test]
fn every_difference_is_a_line() {
    let (mut found, mut expected) = (Tree::default(), Tree::default());
    for tree in [&mut found, &mut expected] {
        tree.dir("same");
    }
    found.file("notes", "new");
    found.dir("more");
    expected.file("notes", "old");
    expected.dir("less");
    let diff = "missing: less/\nunexpected: more/\nchanged: notes \"new\", not notes \"old\"\n";
    assert_eq!(found.diff(&expected), diff);
    assert_eq!(found.diff(&found), "");
}
