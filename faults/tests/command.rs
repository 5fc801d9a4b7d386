//! Command line of the suite where there is nothing to run.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_podslate-faults"));
    command.args(arguments).output().expect("it runs")
}

#[test]
fn the_programs_are_required() {
    let output = run(&["only-one"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`cargo xtask faults`"));
}

#[test]
fn a_word_without_a_group_is_an_error() {
    let output = run(&["one", "two", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("`nonsense`") && errors.contains("race, mixed, interference"));
    assert!(output.stdout.is_empty());
}
