//! Questions at a real terminal.

use std::process::Command;

use serde_json::json;

use super::workstation::Workstation;
use crate::program::{is_project, python, script};

/// Runs the program at a terminal and types `keys`; the exit code, and what the terminal showed.
pub fn at_a_terminal(
    machine: &Workstation,
    arguments: &[&str],
    keys: &[(&str, &str)],
) -> (i32, String) {
    let program = machine.command(arguments);
    let mut command = Command::new(python());
    command
        .arg(script("pods/terminal.py"))
        .arg(json!(keys).to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(machine.path(""));
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
    let machine = Workstation::new();
    // While the name is invalid a valid one is suggested; Enter shows the mistake.
    let keys = [
        ("Name of the new project:", "My Robot"),
        ("My_Robot", "\r"),
        (
            "may not contain a space (character 3)",
            "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}",
        ),
        ("", "Tank\r"),
    ];
    let (code, shown) = at_a_terminal(&machine, &["new"], &keys);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Created project MyTank in "), "{shown}");
    assert!(is_project(&machine.path("workspace/MyTank")));
    assert_eq!(machine.local(), ["MyTank"]);
}

#[test]
fn an_unanswered_question_creates_nothing() {
    let machine = Workstation::new();
    let keys = [("Name of the new project:", "Robot\u{1b}")];
    let (code, shown) = at_a_terminal(&machine, &["new"], &keys);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("nothing was done"), "{shown}");
    assert!(!machine.path("workspace").exists());
}

#[test]
fn without_a_terminal_no_question_is_asked() {
    let machine = Workstation::new();
    let (code, answer) = machine.json(&["new"]);
    assert_eq!((code, &answer["code"]), (2, &json!("usage")));
    assert!(
        answer["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("podslate new NAME"))
    );
    assert!(!machine.path("workspace").exists());
}
