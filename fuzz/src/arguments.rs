//! Any arguments of the worker.

use std::ffi::OsString;

use podslate_shared::ErrorCode;
use project_init::args::{Command, Mode, asks_for_json, parse};

/// The lines are the arguments; an odd first byte means that the environment names a project.
/// Arguments are either valid, and then mean the same in every spelling, or rejected with exit code
/// 2.
///
/// # Panics
/// Anything else happened.
pub fn arguments(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let has_name = first % 2 == 1;
    let lines = rest
        .split(|byte| *byte == b'\n')
        .filter(|_| !rest.is_empty());
    let arguments: Vec<OsString> = lines.map(argument).collect();
    let is_json = asks_for_json(arguments.iter().cloned());
    assert_eq!(
        is_json,
        arguments.iter().any(|argument| argument == "--json")
    );
    let command = match parse(arguments.iter().cloned(), has_name) {
        Ok(command) => command,
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::Usage);
            assert_eq!(error.code().exit_code(), 2);
            assert!(!error.to_string().is_empty() && error.hint().is_some());
            return;
        }
    };
    assert!(is_json || !command.json);
    let has_mode = arguments.iter().any(is_mode);
    let default = if has_name {
        Mode::FromEnv
    } else {
        Mode::Interactive
    };
    assert!(has_mode || command.mode == default, "{command:?}");
    for separator in [Some("="), None] {
        let written = write(&command, separator);
        let again = parse(written.iter().cloned(), !has_name).expect("a valid command is valid");
        assert_eq!(again, command, "{written:?}");
    }
}

#[cfg(unix)]
fn argument(line: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(line.to_vec())
}

#[cfg(not(unix))]
fn argument(line: &[u8]) -> OsString {
    String::from_utf8_lossy(line).into_owned().into()
}

/// Whether an argument may be a mode.
fn is_mode(argument: &OsString) -> bool {
    const MODES: [&str; 10] = [
        "--project",
        "--from-env",
        "--interactive",
        "--rename",
        "--list",
        "--recover",
        "--help",
        "--version",
        "-h",
        "-V",
    ];
    let argument = argument.to_string_lossy();
    MODES.contains(&argument.split('=').next().unwrap_or_default())
}

/// A command as arguments, with the first value of each option after a separator or as the next
/// argument.
fn write(command: &Command, separator: Option<&str>) -> Vec<OsString> {
    let mut arguments: Vec<String> = Vec::new();
    let mut with_value = |option: &str, value: &str| match separator {
        Some(separator) => arguments.push([option, separator, value].concat()),
        None => arguments.extend([option, value].map(str::to_owned)),
    };
    with_value("--workspace", &command.workspace);
    with_value("--older-than", &command.stale_after.to_string());
    let mode = match &command.mode {
        Mode::Project(name) => {
            with_value("--project", name);
            None
        }
        Mode::RecoverProject(name) => {
            with_value("--recover-project", name);
            None
        }
        Mode::Rename { old, new } => {
            with_value("--rename", old);
            Some(&**new)
        }
        Mode::FromEnv => Some("--from-env"),
        Mode::Interactive => Some("--interactive"),
        Mode::List => Some("--list"),
        Mode::Recover => Some("--recover"),
        Mode::Text(text) if text.starts_with("project-init ") => Some("--version"),
        Mode::Text(_) => Some("--help"),
    };
    arguments.extend(mode.map(str::to_owned));
    arguments.extend(command.json.then(|| "--json".to_owned()));
    arguments.extend((!command.scan).then(|| "--no-scan".to_owned()));
    arguments.into_iter().map(OsString::from).collect()
}
