//! Measures podslate against its budgets, against programs that only make its system calls, and
//! against the script and the service in Python that it replaces.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

mod chart;
mod document;
mod events;
mod glob;
mod http;
mod line;
mod load;
mod machine;
mod native;
mod projects;
mod report;
mod rows;
mod samples;
mod setup;

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;

use crate::line::{Line, Unit, Verdict};
use crate::native::NATIVE_CREATE;
use crate::report::Report;
use crate::rows::{ROWS, Row};
use crate::setup::{FULL, QUICK, Setup};

/// Measures podslate against its budgets, the limit of the system and Python, and prints one table.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Options {
    /// Rows to measure, as names with `*`, separated by commas
    #[arg(long, value_name = "GLOB", default_value = "*")]
    rows: String,
    /// Fewer rounds and fewer projects
    #[arg(long)]
    quick: bool,
    /// Only what is the same on every machine; a budget that is not met is a failure
    #[arg(long)]
    check: bool,
    /// Write the table and the chart into docs/
    #[arg(long, conflicts_with_all = ["rows", "quick", "check"])]
    write: bool,
    /// The program to measure, instead of a build of this clone
    #[arg(long, value_name = "PATH", default_value_os_t = built())]
    program: PathBuf,
    /// A Python with the packages of bench/python/requirements.txt
    #[arg(long, value_name = "PATH", hide = true)]
    python: Option<PathBuf>,
    /// The folder with the worker and the page
    #[arg(long, value_name = "PATH", default_value = "target/artifacts")]
    artifacts: PathBuf,
    /// The folder for workspaces, which stay for the next run, and results
    #[arg(long, value_name = "PATH", default_value = "target/bench")]
    output: PathBuf,
}

/// The program that `cargo xtask build` builds.
fn built() -> PathBuf {
    Path::new("target/dist").join(format!("podslate{EXE_SUFFIX}"))
}

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let result = match &args[..] {
        // As a program that only makes the system calls.
        [_, mode, workspace, name] if mode == NATIVE_CREATE => {
            native::create(workspace.as_ref(), &name.to_string_lossy()).map(|()| true)
        }
        _ => run(&Options::parse()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures; `false` if a check is not met.
fn run(options: &Options) -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::create_dir_all(&options.output)?;
    let absolute = |path: &Path| {
        let path = std::path::absolute(path);
        path.context("a path has no absolute form")
    };
    let setup = Setup {
        program: absolute(&options.program)?,
        python: options.python.clone(),
        scripts: root.join("bench/python"),
        artifacts: absolute(&options.artifacts)?,
        disk: absolute(&options.output)?,
        scale: if options.quick || options.check {
            QUICK
        } else {
            FULL
        },
    };
    let is_chosen =
        |row: &&Row| glob::matches(&options.rows, row.name) && (row.is_exact || !options.check);
    let rows: Vec<&Row> = ROWS.iter().filter(is_chosen).collect();
    let names = || {
        ROWS.iter()
            .map(|row| row.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    ensure!(!rows.is_empty(), "no row has such a name: {}", names());
    let mut lines = Vec::new();
    for row in rows {
        lines.extend(measure(row, &setup));
    }
    let report = Report::new(&setup, lines)?;
    println!("{}", report.table());
    let results = options.output.join("results.json");
    fs::write(&results, format!("{:#}\n", report.json()))?;
    fs::write(
        options.output.join("results.svg"),
        chart::svg(&report.lines),
    )?;
    eprintln!("==> results in {}", results.display());
    if options.write {
        document::write(&root.join("docs"), &report)?;
    }
    Ok(!options.check || !report.lines.iter().any(is_missed))
}

/// Whether a line fails a check; in CI what is not available does, as a skipped test.
fn is_missed(line: &Line) -> bool {
    match line.verdict() {
        Verdict::NotMet => true,
        Verdict::NotAvailable => std::env::var_os("CI").is_some_and(|value| !value.is_empty()),
        Verdict::Met | Verdict::None => false,
    }
}

/// Measures a row; what fails is a line, too.
fn measure(row: &Row, setup: &Setup) -> Vec<Line> {
    let start = Instant::now();
    eprint!("==> {}", row.name);
    // A fixture that panics must not end the other rows.
    let result = catch_unwind(AssertUnwindSafe(|| (row.measure)(setup)));
    let result = result.unwrap_or_else(|_| Err(anyhow!("panicked, see above")));
    let lines = result.unwrap_or_else(|error| {
        vec![Line::new(row.name, Unit::Count).missing(format!("{error:#}"))]
    });
    eprintln!(": {:.0} s", start.elapsed().as_secs_f32());
    let named = lines.into_iter().map(|line| Line {
        row: row.name,
        ..line
    });
    named.collect()
}
