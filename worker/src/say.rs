//! What the program says: the result on standard output, everything else on standard error.
use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use podslate_shared::{Done, ErrorBody, Report};
use rustix::io::retry_on_intr;

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
    warn(&["error: ", &error.error, "\n"]);
    if let Some(hint) = &error.hint {
        warn(&["hint: ", hint, "\n"]);
    }
}

/// Tells a person something that is no error.
pub fn warning(sentence: &str) {
    warn(&["warning: ", sentence, "\n"]);
}

/// Asks a person, without ending the line.
pub fn question(text: &str) {
    warn(&[text]);
}

fn object(answer: &Answer) -> io::Result<()> {
    let report = match answer.clone() {
        Ok(done) => Report::Success(done),
        Err(error) => Report::Error(error),
    };
    // No string fails; the library's own error would bring its messages into the program.
    let json = serde_json::to_string(&report).map_err(|_| io::ErrorKind::InvalidData)?;
    out(&(json + "\n"))
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
    write_all(rustix::stdio::stdout(), text)
}

/// Nobody can be told that standard error is closed.
fn warn(parts: &[&str]) {
    let _ = write_all(rustix::stdio::stderr(), &parts.concat());
}

/// Without the standard library's buffers, since every text is written at once.
fn write_all(stream: BorrowedFd<'_>, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match retry_on_intr(|| rustix::io::write(stream, rest))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => rest = rest.get(written..).unwrap_or_default(),
        }
    }
    Ok(())
}
