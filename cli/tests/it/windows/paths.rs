//! Paths and names as Windows has them, and what other programs have open.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::json;
use testing::{Wine, windows_path};

use super::Held;
use super::json;
use crate::pods::workstation::names;
use crate::program::is_project;

#[test]
fn a_workspace_has_any_form_of_path() {
    let Some(wine) = Wine::take("windows::paths::a_workspace_has_any_form_of_path") else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().canonicalize().expect("a path");
    let full = windows_path(&path);
    let forms = [
        ("relative", "relative".to_owned()),
        ("sub/folder", r"sub\folder".to_owned()),
        ("3D in", format!(r"{full}\3D in")),
        ("slashes", format!("{}/slashes", full.replace('\\', "/"))),
        ("verbatim", format!(r"\\?\{full}\verbatim")),
        (
            "unc",
            format!(r"\\?\unix{}", path.join("unc").display()).replace('/', "\\"),
        ),
        ("モデル – Ängel", format!(r"{full}\モデル – Ängel")),
    ];
    for (folder, form) in &forms {
        let dir = path.join(folder);
        let at = |words: &[&str]| {
            let words = [words, &["--workspace", form]].concat();
            let (code, answer) = json(&wine, &path, &words);
            assert_eq!(code, 0, "{form}: {answer}");
            answer
        };
        at(&["new", "Robot"]);
        at(&["rename", "Robot", "Hero"]);
        assert_eq!(at(&["list"])["projects"], json!(["Hero"]), "{form}");
        assert!(is_project(&dir.join("Hero")), "{form}");
        assert_eq!(names(&dir), ["Hero"], "{form}");
        let configuration = fs::read_to_string(dir.join("Hero/pipeline/config.json"));
        assert!(
            configuration.expect("a file").contains("\"Hero\""),
            "{form}"
        );
    }
}

#[test]
fn names_that_windows_changes_or_keeps_for_itself_are_refused() {
    let test = "windows::paths::names_that_windows_changes_or_keeps_for_itself_are_refused";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(home.path().join("workspace/Robot")).expect("a directory");
    for (name, code) in [
        ("CON", "name_invalid"),
        ("nul", "name_invalid"),
        ("COM1", "name_invalid"),
        ("Robot.", "name_invalid"),
        ("Robot ", "name_invalid"),
        (r"..\Robot", "name_invalid"),
        ("C:Robot", "name_invalid"),
        ("robot", "case_twin"),
        ("Robot", "name_taken"),
    ] {
        let (exit, answer) = json(&wine, home.path(), &["new", name]);
        assert_eq!(
            (exit, &answer["code"]),
            (1, &json!(code)),
            "{name}: {answer}"
        );
    }
    assert_eq!(names(&home.path().join("workspace")), ["Robot"]);
    assert_eq!(json(&wine, home.path(), &["new", "Robot_2"]).0, 0);
}

/// Windows removes dots and spaces at the end of a name: a folder that has them, from Linux or WSL,
/// cannot be told from `Robot` there.
#[test]
fn a_name_that_windows_shortens_renames_no_other_project() {
    let test = "windows::paths::a_name_that_windows_shortens_renames_no_other_project";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let workspace = home.path().join("workspace");
    assert_eq!(json(&wine, home.path(), &["new", "Robot"]).0, 0);
    for name in ["Robot ", "Robot."] {
        fs::create_dir_all(workspace.join(name).join("0_input/meshes")).expect("a directory");
    }
    for name in ["Robot ", "Robot."] {
        let (code, answer) = json(&wine, home.path(), &["rename", name, "Hero"]);
        let answered = (code, &answer["code"]);
        assert_eq!(answered, (1, &json!("name_invalid")), "{answer}");
    }
    assert_eq!(names(&workspace), ["Robot", "Robot ", "Robot."]);
    let (code, answer) = json(&wine, home.path(), &["rename", "Robot", "Hero"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(names(&workspace), ["Hero", "Robot ", "Robot."]);
    assert!(is_project(&workspace.join("Hero")));
}

/// Explorer, or a program that shows a file.
#[test]
fn what_another_program_has_open_is_not_renamed_and_the_reason_is_told() {
    let test =
        "windows::paths::what_another_program_has_open_is_not_renamed_and_the_reason_is_told";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let workspace = home.path().join("workspace");
    assert_eq!(json(&wine, home.path(), &["new", "Robot"]).0, 0);
    let held = Held::open(&wine, &workspace.join("Robot"));
    let start = Instant::now();
    let (code, answer) = json(&wine, home.path(), &["rename", "Robot", "Hero"]);
    // Scanners have a folder open for moments, so that the first refusal is not the last word.
    assert!(start.elapsed() > Duration::from_secs(1));
    assert_eq!((code, &answer["code"]), (1, &json!("in_use")), "{answer}");
    let hint = answer["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("Close the programs and windows"), "{answer}");
    assert_eq!(names(&workspace), ["Robot"]);
    held.close();
    let (code, answer) = json(&wine, home.path(), &["rename", "Robot", "Hero"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(names(&workspace), ["Hero"]);
}

#[test]
fn the_argument_for_docker_is_that_of_windows() {
    let Some(wine) = Wine::take("windows::paths::the_argument_for_docker_is_that_of_windows")
    else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().canonicalize().expect("a path");
    assert_eq!(json(&wine, &path, &["new", "Robot"]).0, 0);
    let (code, answer) = json(&wine, &path, &["mount", "Robot"]);
    let source = format!(r"{}\workspace\Robot", windows_path(&path));
    assert_eq!((code, &answer["source"]), (0, &json!(source)));
    assert_eq!(answer["target"], "/workspace/Robot");
    let (code, answer) = json(&wine, &path, &["mount", "Missing"]);
    assert_eq!((code, &answer["code"]), (1, &json!("project_not_found")));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_as_such() {
    let Some(wine) = Wine::take("windows::paths::a_folder_that_cannot_be_written_is_told_as_such")
    else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("file");
    fs::write(&path, "").expect("a file");
    let (code, answer) = json(&wine, home.path(), &["new", "Robot", "--workspace", "file"]);
    assert_eq!(
        (code, &answer["code"]),
        (2, &json!("workspace_unavailable")),
        "{answer}"
    );
    assert!(path.is_file());
}

#[test]
fn the_attribute_of_a_file_for_reading_only_stops_no_rename() {
    let test = "windows::paths::the_attribute_of_a_file_for_reading_only_stops_no_rename";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let workspace = home.path().join("workspace");
    assert_eq!(json(&wine, home.path(), &["new", "Robot"]).0, 0);
    for path in ["Robot/pipeline/config.json", "Robot"] {
        let mode = PermissionsExt::from_mode(if path == "Robot" { 0o555 } else { 0o444 });
        fs::set_permissions(workspace.join(path), mode).expect("permissions");
    }
    let (code, answer) = json(&wine, home.path(), &["rename", "Robot", "Hero"]);
    assert_eq!(code, 0, "{answer}");
    assert_eq!(names(&workspace), ["Hero"]);
    let configuration = fs::read_to_string(workspace.join("Hero/pipeline/config.json"));
    assert_eq!(
        configuration.expect("a file").contains("\"Hero\""),
        answer["config_outdated"] != true,
        "{answer}"
    );
}
