//! Output of the program: results on standard output, everything else on standard error. What
//! cannot be written makes a command fail and nothing panic.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::error::{ContextValue, ErrorKind as ClapErrorKind};
use podslate_shared::api::Success;
use podslate_shared::{ConfigReason, Done, ErrorBody, Report, printable, printable_json};
use serde::Serialize;

use crate::error::{Error, Result};

/// Exit code of a command that failed.
const FAILED: u8 = 2;

/// Whether a line could not be written.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Error for programs, in the form of the worker and the HTTP API.
#[derive(Serialize)]
struct Failure {
    status: &'static str,
    code: &'static str,
    error: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ConfigReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_name: Option<String>,
}

/// Prints a result, for people or as JSON.
pub fn done(done: &Done, is_json: bool) -> Result<()> {
    if is_json {
        return json(&Report::Success(done.clone()));
    }
    lines(&done.lines())
}

/// Prints the successful result of an action as JSON.
pub fn action(action: &'static str, result: &impl Serialize) -> Result<()> {
    #[derive(Serialize)]
    struct Action<'a, T> {
        status: Success,
        action: &'static str,
        #[serde(flatten)]
        result: &'a T,
    }

    let status = Success::Success;
    json(&Action {
        status,
        action,
        result,
    })
}

/// Prints a result as one line of JSON.
pub fn json(value: &impl Serialize) -> Result<()> {
    match serde_json::to_string(value) {
        Ok(text) => write(&format!("{}\n", printable_json(&text))),
        Err(error) => Err(Error::OutputFailed {
            kind: std::io::Error::from(error).kind(),
        }),
    }
}

/// Prints a result as one line.
pub fn result(text: &str) -> Result<()> {
    lines(&[text])
}

/// Prints a result of several lines, which may be none.
pub fn lines(lines: &[impl AsRef<str>]) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&printable(line.as_ref()));
        text.push('\n');
    }
    write(&text)
}

/// Prints a text of this program alone as it is.
pub fn script(text: &str) -> Result<()> {
    write(&format!("{text}\n"))
}

fn write(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::OutputFailed { kind: error.kind() })
}

/// Prints a line for people that is not part of the result.
pub fn note(text: &str) {
    line(text);
}

pub fn warning(text: &str) {
    line(&format!("warning: {text}"));
}

/// Prints a line on standard error.
fn line(text: &str) {
    let mut stderr = std::io::stderr().lock();
    if stderr
        .write_all(format!("{}\n", printable(text)).as_bytes())
        .is_err()
    {
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Exit code of a command that ends with `code`, unless some of its output could not be written.
pub fn exit_code(code: u8) -> u8 {
    if IS_LOST.load(Ordering::Relaxed) {
        FAILED
    } else {
        code
    }
}

/// Prints an error; returns the program's exit code.
pub fn failed(error: &Error, is_json: bool) -> u8 {
    let exit_code = error.exit_code();
    let kind = ErrorKind::BrokenPipe;
    if *error == (Error::OutputFailed { kind }) {
        // The reader has all it needs, as in `podslate list | head -1`.
        return exit_code;
    }
    if is_json {
        let body = error.api().map(|error| ErrorBody::from(error.clone()));
        let printed = json(&Failure {
            status: "error",
            code: error.code(),
            error: error.to_string(),
            message: error.to_string(),
            hint: error.hint(),
            rule: body.as_ref().and_then(|body| body.rule.clone()),
            reason: body.as_ref().and_then(|body| body.reason),
            line: body.as_ref().and_then(|body| body.line),
            column: body.as_ref().and_then(|body| body.column),
            new_name: body.as_ref().and_then(|body| body.new_name.clone()),
            suggestion: body.and_then(|body| body.suggestion),
        });
        return printed.map_or(FAILED, |()| exit_code);
    }
    line(&format!("error: {error}"));
    if let Some(hint) = error.hint() {
        line(&format!("hint: {hint}"));
    }
    exit_code
}

/// Prints what clap has instead of a command: help, the version or an error.
pub fn no_command(mut error: clap::Error) -> u8 {
    make_printable(&mut error);
    let is_json = std::env::args_os()
        .skip(1)
        .any(|argument| argument == "--json");
    let is_error = !matches!(
        error.kind(),
        ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion
    );
    if is_json && is_error {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = first.split_whitespace().skip(1).collect();
        let reason = words.join(" ").trim_end_matches('.').to_owned();
        return failed(&podslate_shared::Error::Usage { reason }.into(), true);
    }
    match error.print() {
        Ok(()) if !is_error => 0,
        _ => FAILED,
    }
}

/// Makes the arguments that an error repeats safe for a terminal.
fn make_printable(error: &mut clap::Error) {
    let context = error.context().map(|(kind, value)| (kind, value.clone()));
    for (kind, value) in context.collect::<Vec<_>>() {
        let value = match value {
            ContextValue::String(text) => ContextValue::String(printable(&text).into()),
            ContextValue::Strings(texts) => {
                let texts = texts.iter().map(|text| printable(text).into());
                ContextValue::Strings(texts.collect())
            }
            _ => continue,
        };
        error.insert(kind, value);
    }
}
