//! System calls, as strace counts them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::line::{Budget, Line, Unit};
use crate::rows::process::{create_command, native_command};
use crate::setup::Setup;

/// Calls that change or read a workspace.
const CALLS: &str = "close,fstat,fsync,fdatasync,getdents64,linkat,mkdir,mkdirat,newfstatat,openat,\
                     openat2,pread64,pwrite64,read,rename,renameat,renameat2,statx,unlinkat,write";

/// What a command calls on behalf of a new project.
struct Trace(Vec<String>);

impl Trace {
    /// Calls from the first that creates something, to the last that syncs.
    fn of(command: &Command, workspace: &Path) -> Result<Self> {
        let output = workspace.join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "signal=none", "-e"]);
        strace.arg(format!("trace={CALLS}")).arg("-o").arg(&output);
        strace.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => strace.env(name, value),
                None => strace.env_remove(name),
            };
        }
        let status = strace.stdout(Stdio::null()).stdin(Stdio::null()).status()?;
        ensure!(status.success(), "{command:?}: {status}");
        let text = fs::read_to_string(output)?;
        let calls = text.lines().filter_map(|line| line.split_once(' '));
        let calls: Vec<String> = calls.map(|(_, call)| call.trim().to_owned()).collect();
        let has = |call: &String, names: &[&str]| names.iter().any(|name| call.starts_with(name));
        let is_start = |call: &String| has(call, &["mkdir"]) && call.ends_with("= 0");
        let first = calls.iter().position(is_start).unwrap_or(0);
        let last = calls
            .iter()
            .rposition(|call| has(call, &["fsync", "fdatasync"]));
        let last = last.map_or(calls.len(), |last| last + 1);
        Ok(Self(calls[first..last.max(first)].to_vec()))
    }

    fn count(&self, names: &[&str]) -> f64 {
        let is_named = |call: &&String| names.iter().any(|name| call.starts_with(name));
        self.0.iter().filter(is_named).count() as f64
    }
}

/// Calls of creating a project.
pub fn create(setup: &Setup) -> Result<Vec<Line>> {
    let is_present = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !is_present.is_ok_and(|status| status.success()) {
        let line = Line::new("system calls of a new project", Unit::Count);
        return Ok(vec![line.missing("no strace")]);
    }
    let homes = [Setup::in_memory()?, Setup::in_memory()?];
    let [workspace, for_native] = homes.each_ref().map(|home| home.path());
    let mut command = create_command(&setup.program, workspace);
    let podslate = Trace::of(command.arg("Robot"), workspace)?;
    let mut command = native_command()?;
    let native = Trace::of(command.arg(for_native).arg("Robot"), for_native)?;
    let lines = [
        ("all", &[""][..], Budget::RatioAtMost(2.5)),
        (
            "that sync",
            &["fsync", "fdatasync"],
            Budget::RatioAtMost(1.0),
        ),
        ("that create folders", &["mkdir"], Budget::RatioAtMost(1.0)),
        ("that rename", &["rename"], Budget::RatioAtMost(1.0)),
    ];
    let line = |(title, names, budget): (&str, &[&str], Budget)| {
        let title = format!("system calls of a new project: {title}");
        let line = Line::new(title, Unit::Count).value(podslate.count(names));
        let native = [native.count(names)].into_iter().collect();
        line.native(&native).against_native().budget(budget)
    };
    Ok(lines.map(line).to_vec())
}
