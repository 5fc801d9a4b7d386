//! Command lines in a workspace with a special entry.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use podslate_shared::ErrorCode;

use super::site::{Fault, Kind, Site};
use crate::program::{self, Operation, Program, run_within};

/// Time within which every command ends.
const MAX_TIME: Duration = Duration::from_secs(5);

const OPERATIONS: [Operation<'_>; 5] = [
    Operation::Create("Robot"),
    Operation::Complete("Robot"),
    Operation::Rename("Robot", "New"),
    Operation::Recover,
    Operation::List,
];

/// Runs each command in a workspace of its own.
pub fn check(
    program: &Program,
    kind: Kind,
    place: &str,
    count: &mut dyn FnMut(Result<()>),
) -> Result<()> {
    for operation in OPERATIONS {
        let site = Site::new(kind, place)?;
        let command = program.command(&[], &site.workspace(), operation);
        let result = attempt(&site, command);
        count(result.map_err(|error| error.context(format!("{operation:?}"))));
    }
    if program.kind == program::Kind::Podslate {
        let site = Site::new(kind, place)?;
        let mut command = Command::new(&program.path);
        command.args(["mount", "Robot", "--json", "--workspace"]);
        command.arg(site.workspace()).stdin(Stdio::null());
        count(attempt(&site, command).map_err(|error| error.context("mount")));
    }
    Ok(())
}

fn attempt(site: &Site, mut command: Command) -> Result<()> {
    let start = Instant::now();
    let exit = match run_within(&mut command, MAX_TIME) {
        Err(error) if start.elapsed() >= MAX_TIME => {
            return Err(Fault::Hung(error.to_string()).into());
        }
        exit => exit?,
    };
    // A refusal or a success, with a report; a crash has neither.
    if !matches!(exit.code, Some(0..=2)) {
        return Err(Fault::Aborted(format!("{:?}, {}", exit.code, exit.output)).into());
    }
    let line = exit.output.lines().next().unwrap_or_default();
    let report: serde_json::Value = serde_json::from_str(line)?;
    let wrong = [ErrorCode::Internal, ErrorCode::Usage];
    let is_wrong = wrong.iter().any(|code| report["code"] == code.as_str());
    ensure!(
        report["status"].is_string() && !is_wrong,
        "exit code {:?}, {}",
        exit.code,
        exit.output
    );
    site.ensure_outside(&exit.output)
}
