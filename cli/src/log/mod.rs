//! The server's log on standard error. A line that cannot be written is dropped, and never stops or
//! delays the server.

mod limit;
mod writer;

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use podslate_shared::printable;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::{Writer as Fields, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::LogFormat;
use crate::env_vars;
use limit::Limit;
use writer::Writer;

/// Turns off log lines with the whole address of a request, which may contain anything that
/// somebody pasted.
const DIRECTIVE: &str = "tower_http::csrf=off";

static WRITER: OnceLock<Writer> = OnceLock::new();

/// Starts the log of this process.
pub fn init(format: LogFormat) {
    let limit = Limit::default();
    let is_json = format == LogFormat::Json;
    let reporter = limit.clone();
    let writer = WRITER.get_or_init(|| Writer::start(is_json, move || reporter.report()));
    // The subscriber would report its own errors with a macro that panics.
    let lines = tracing_subscriber::fmt::layer()
        .log_internal_errors(false)
        .with_writer(|| writer.clone());
    // Filters of single layers may not refuse an event that they have let pass by its kind.
    let registry = tracing_subscriber::registry().with(filter()).with(limit);
    if is_json {
        registry.with(lines.json().flatten_event(true)).init();
    } else {
        let lines = lines
            .with_target(false)
            .with_ansi(io::stderr().is_terminal())
            .fmt_fields(debug_fn(write_field).delimited(" "));
        registry.with(lines).init();
    }
}

/// Logs a panic in another thread, because a second panic would abort the process.
pub fn panicked(location: &str) {
    if let Some(writer) = WRITER.get() {
        let thread = std::thread::current();
        writer.panicked(location, thread.name().unwrap_or_default());
    }
}

/// Waits until the lines so far are written, but not long.
pub fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
    }
}

fn filter() -> EnvFilter {
    let filter = env_vars::get(env_vars::LOG);
    let filter = filter.and_then(|filter| EnvFilter::try_new(filter.to_str()?).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
    match DIRECTIVE.parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    }
}

/// Writes a field on one line, whoever its value is from.
fn write_field(line: &mut Fields<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}");
    let value = printable(&value);
    match field.name() {
        "message" => write!(line, "{value}"),
        name => write!(line, "{name}={value}"),
    }
}
