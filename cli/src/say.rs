//! What the program says: results on standard output, everything else on standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is this room's job"
)]

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::error::ErrorKind;
use podslate_shared::{Done, ErrorBody, ErrorCode, Report};

/// Says what was done.
///
/// # Errors
/// Standard output is closed.
pub fn done(done: &Done, json: bool) -> Result<()> {
    result(&match json {
        true => serde_json::to_string(&Report::Success(done.clone()))? + "\n",
        false => sentence(done),
    })
}

/// What was done, for people.
pub fn sentence(done: &Done) -> String {
    match done {
        Done::Listed { projects, .. } => projects
            .iter()
            .fold(String::new(), |text, name| text + name.as_str() + "\n"),
        Done::Completed { message, added, .. } => {
            added.iter().fold(format!("{message}\n"), |text, path| {
                text + "  added " + path + "\n"
            })
        }
        Done::Created { message, .. } | Done::Renamed { message, .. } => format!("{message}\n"),
        Done::Recovered { message, left, .. } => {
            left.iter().fold(format!("{message}\n"), |text, entry| {
                text + "  left " + entry + "\n"
            })
        }
    }
}

/// Prints a result.
///
/// # Errors
/// Standard output is closed.
pub fn result(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Tells a person something that is no result.
pub fn note(text: &str) {
    eprintln!("{text}");
}

/// Says why it did not work; the exit code for that.
pub fn failed(error: &anyhow::Error, json: bool) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::from(2);
    }
    let body = match error.downcast_ref::<ErrorBody>() {
        Some(body) => body.clone(),
        None => {
            let text = format!("{error:#}");
            ErrorBody {
                error: text.clone(),
                message: text,
                hint: None,
                ..ErrorBody::new(ErrorCode::Internal, "")
            }
        }
    };
    told(body, json)
}

/// Answers for a command line that is no command: help, the version, or what is wrong with it.
pub fn not_understood(error: &clap::Error) -> ExitCode {
    let asks_for_json = std::env::args_os()
        .skip(1)
        .any(|argument| argument == "--json");
    let is_answer = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if asks_for_json && !is_answer {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = first.split_whitespace().skip(1).collect();
        let what = words.join(" ");
        return told(
            ErrorBody::new(ErrorCode::Usage, what.trim_end_matches('.')),
            true,
        );
    }
    // Without standard output or error there is nobody to tell.
    let _ = error.print();
    ExitCode::from(if is_answer { 0 } else { 2 })
}

fn told(body: ErrorBody, json: bool) -> ExitCode {
    let exit = ExitCode::from(body.code.info().exit);
    if json {
        if let Ok(text) = serde_json::to_string(&Report::Error(body)) {
            let _ = result(&(text + "\n"));
        }
        return exit;
    }
    eprintln!("error: {}", body.error);
    if let Some(hint) = &body.hint {
        eprintln!("hint: {hint}");
    }
    exit
}

/// Whoever reads the output has enough, as in `podslate list | head -1`.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
