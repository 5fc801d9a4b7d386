//! What the program says: the result on standard output, everything else on standard error.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is this room's job"
)]

use std::io::{self, Write};
use std::process::ExitCode;

use podslate_shared::{Done, ErrorBody, Report};

use crate::Answer;

/// Says how it ended, and with which exit code.
pub fn answer(json: bool, answer: &Answer) -> ExitCode {
    let exit = match answer {
        Ok(_) => 0,
        Err(error) => error.code.info().exit,
    };
    let written = match answer {
        _ if json => object(answer),
        Ok(done) => out(&sentence(done)),
        Err(error) => {
            problem(error);
            Ok(())
        }
    };
    // Without standard output nobody can be told; the exit code still says it.
    ExitCode::from(if written.is_ok() { exit } else { 2 })
}

/// Prints a text and is done.
pub fn text(text: &str) -> ExitCode {
    ExitCode::from(if out(text).is_ok() { 0 } else { 2 })
}

/// Tells a person about an error.
pub fn problem(error: &ErrorBody) {
    eprintln!("error: {}", error.error);
    if let Some(hint) = &error.hint {
        eprintln!("hint: {hint}");
    }
}

/// Tells a person something that is no error.
pub fn warning(sentence: &str) {
    eprintln!("warning: {sentence}");
}

/// Asks a person, without ending the line.
pub fn question(text: &str) {
    eprint!("{text}");
}

fn object(answer: &Answer) -> io::Result<()> {
    let report = match answer.clone() {
        Ok(done) => Report::Success(done),
        Err(error) => Report::Error(error),
    };
    out(&(serde_json::to_string(&report)? + "\n"))
}

fn sentence(done: &Done) -> String {
    match done {
        Done::Created { message, .. } | Done::Renamed { message, .. } => format!("{message}\n"),
        Done::Completed { message, added, .. } => {
            added.iter().fold(format!("{message}\n"), |text, path| {
                text + "  added " + path + "\n"
            })
        }
        Done::Recovered {
            repaired,
            removed,
            left,
            message,
        } => [("repaired", repaired), ("removed", removed), ("left", left)]
            .iter()
            .flat_map(|(what, entries)| entries.iter().map(move |entry| (what, entry)))
            .fold(format!("{message}\n"), |text, (what, entry)| {
                text + "  " + what + " " + entry + "\n"
            }),
        Done::Listed { projects, .. } => projects
            .iter()
            .fold(String::new(), |text, name| text + name + "\n"),
    }
}

fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
