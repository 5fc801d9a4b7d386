//! The questions, at a real terminal.

use std::process::Command;

use serde_json::json;

use crate::harness::{Workstation, is_project};

/// Runs the program at a terminal and types; the exit code, and what the terminal showed.
pub fn at_a_terminal(
    desk: &Workstation,
    arguments: &[&str],
    keys: &[(&str, &str)],
) -> (i32, String) {
    let python = std::env::var_os("PODSLATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let program = desk.command(arguments);
    let mut command = Command::new(python);
    command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/pods/terminal.py"
        ))
        .arg(json!(keys).to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(desk.path(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().expect("Python runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!shown.contains("panicked"), "{shown}");
    (output.status.code().unwrap_or(-1), shown)
}

#[test]
fn the_name_is_asked_for_and_checked_as_it_is_typed() {
    let desk = Workstation::new();
    // While the name is wrong one that would pass is shown; Enter says what is wrong.
    let keys = [
        ("Name of the new project:", "My Robot"),
        ("My_Robot", "\r"),
        (
            "may not contain a space (character 3)",
            "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}",
        ),
        ("", "Tank\r"),
    ];
    let (code, shown) = at_a_terminal(&desk, &["new"], &keys);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Created project MyTank in "), "{shown}");
    assert!(is_project(&desk.path("workspace/MyTank")));
    assert_eq!(desk.local(), ["MyTank"]);
}

#[test]
fn a_question_that_is_not_answered_makes_nothing() {
    let desk = Workstation::new();
    let keys = [("Name of the new project:", "Robot\u{1b}")];
    let (code, shown) = at_a_terminal(&desk, &["new"], &keys);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("nothing was done"), "{shown}");
    assert!(!desk.path("workspace").exists());
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let desk = Workstation::new();
    let (code, answer) = desk.json(&["new"]);
    assert_eq!((code, &answer["code"]), (2, &json!("usage")));
    assert!(
        answer["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("podslate new NAME"))
    );
    assert!(!desk.path("workspace").exists());
}
