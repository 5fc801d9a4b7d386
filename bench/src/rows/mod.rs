//! The rows of the table, each of which can be measured alone.

mod calls;
mod create;
mod events;
mod list;
mod process;
mod sizes;
#[cfg(target_os = "linux")]
mod slow;

use anyhow::Result;

use crate::line::Line;
use crate::setup::Setup;

/// A row: one or more lines that are measured together.
pub struct Row {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whether its values are the same on every machine, so that CI can check them.
    pub is_exact: bool,
    /// Measures it.
    pub measure: fn(&Setup) -> Result<Vec<Line>>,
}

const fn timed(name: &'static str, measure: fn(&Setup) -> Result<Vec<Line>>) -> Row {
    let is_exact = false;
    Row {
        name,
        is_exact,
        measure,
    }
}

const fn exact(name: &'static str, measure: fn(&Setup) -> Result<Vec<Line>>) -> Row {
    let is_exact = true;
    Row {
        name,
        is_exact,
        measure,
    }
}

/// All rows, in the order of the table.
pub const ROWS: &[Row] = &[
    #[cfg(target_os = "linux")]
    timed("slow-start", slow::start),
    #[cfg(target_os = "linux")]
    timed("slow-change", slow::change),
    #[cfg(target_os = "linux")]
    exact("slow-operations", slow::operations),
    #[cfg(target_os = "linux")]
    exact("idle", slow::idle),
    timed("list", list::all),
    timed("first-page", list::first_page),
    timed("names", list::names),
    timed("create", create::many),
    timed("create-sandbox", create::sandbox),
    exact("create-calls", calls::create),
    timed("events", events::foreign),
    exact("events-idle", events::idle),
    timed("start", process::start),
    timed("memory", process::memory),
    timed("process", process::command),
    exact("sizes", sizes::all),
];
