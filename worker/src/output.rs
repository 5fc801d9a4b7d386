//! Output: results on standard output, everything else on standard error.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use podslate_shared::{Done, Error, Report, Result};
use rustix::io::retry_on_intr;

/// Prints the result of a command; returns the exit code.
pub fn result(json: bool, result: Result<Done>) -> ExitCode {
    let exit = match &result {
        Ok(_) => 0,
        Err(error) => error.code().exit_code(),
    };
    let written = match result {
        result if json => object(result),
        Ok(Done::Listed(empty)) if empty.count == 0 => Ok(()),
        Ok(done) => write(&format!("{done}\n")),
        Err(problem) => {
            error(&problem);
            Ok(())
        }
    };
    ExitCode::from(if written.is_ok() { exit } else { 2 })
}

/// Prints a text; returns the exit code.
pub fn text(text: &str) -> ExitCode {
    ExitCode::from(if write(text).is_ok() { 0 } else { 2 })
}

/// Prints an error and its hint.
pub fn error(error: &Error) {
    print_error(&format!("error: {error}\n"));
    if let Some(hint) = error.hint() {
        print_error(&format!("hint: {hint}\n"));
    }
}

/// Prints a text for people. A closed standard error cannot be reported anywhere.
pub fn print_error(text: &str) {
    let _ = write_all(rustix::stdio::stderr(), text);
}

fn object(result: Result<Done>) -> io::Result<()> {
    let report = match result {
        Ok(done) => Report::Success(done),
        Err(error) => Report::Error(error.into()),
    };
    // Strings cannot fail, and the library's own error would pull its messages into the program.
    let json = serde_json::to_string(&report).map_err(|_| io::ErrorKind::InvalidData)?;
    write(&(json + "\n"))
}

fn write(text: &str) -> io::Result<()> {
    write_all(rustix::stdio::stdout(), text)
}

/// Writes without the standard library's buffers, because every text is written at once.
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
