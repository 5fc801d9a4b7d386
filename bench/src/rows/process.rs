//! Processes as a whole: their start, their memory, and commands.

use std::cell::Cell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::http::Connection;
use crate::line::{Budget, Line, Unit};
use crate::load::millis;
use crate::native::NATIVE_CREATE;
use crate::projects::{Kind, dataset};
use crate::samples::{Sampler, Samples, interleave};
use crate::setup::{Setup, await_counted};

/// From the start of a server to its first response.
pub fn start(setup: &Setup) -> Result<Vec<Line>> {
    let workspace = setup.on_disk()?;
    let path = workspace.path();
    let first_response = |begin: Instant, address: &str| {
        Connection::open(address)?.get("/health")?.success()?;
        Ok(millis(begin.elapsed()))
    };
    let podslate = || {
        let begin = Instant::now();
        first_response(begin, setup.podslate(path)?.address())
    };
    let python = || {
        let begin = Instant::now();
        let service = setup.service(path)?.context("Python is missing")?;
        first_response(begin, service.address())
    };
    let [podslate, python] = interleave(
        setup.scale.rounds * 3,
        [
            Some(Box::new(podslate)),
            setup
                .python
                .as_ref()
                .map(|_| -> Sampler { Box::new(python) }),
        ],
    )?;
    let title = "start of a server until its first response";
    let line = Line::new(title, Unit::Millis).podslate(&podslate);
    let line = line.python(&python).against_python();
    Ok(vec![line.budget(Budget::AtMost(30.0))])
}

/// Memory after all projects were listed.
pub fn memory(setup: &Setup) -> Result<Vec<Line>> {
    let many = setup.scale.many;
    let workspace = dataset(&setup.disk, many, Kind::Thin)?;
    let server = setup.podslate(&workspace)?;
    let mut connection = Connection::open(server.address())?;
    await_counted(&mut connection)?;
    connection.get("/api/projects")?.success()?;
    let podslate = crate::setup::memory(server.child.id())?;
    let service = setup.service(&workspace)?;
    let python = service.map(|service| {
        let mut connection = Connection::open(service.address())?;
        connection.get("/api/projects/list")?.success()?;
        crate::setup::memory(service.process())
    });
    let python: Samples = python.transpose()?.into_iter().collect();
    let title = format!(
        "memory after {} projects were listed",
        Unit::Count.format(many as f64)
    );
    let line = Line::new(title, Unit::Megabytes).value(podslate);
    let line = line.python(&python).against_python();
    Ok(vec![line.budget(Budget::AtMost(120.0))])
}

/// Commands that create a project.
pub fn command(setup: &Setup) -> Result<Vec<Line>> {
    let workspace = setup.on_disk()?;
    let path = workspace.path();
    let number = Cell::new(0);
    let name = || format!("Command{}", number.replace(number.get() + 1));
    let podslate = || time(create_command(&setup.program, path).arg(name()));
    let native = || time(native_command()?.arg(path).arg(name()));
    let python = || {
        let mut command = setup.script("project_init.py").context("no Python")?;
        command.arg("--workspace").arg(path);
        time(command.args(["--project", &name()]))
    };
    let [podslate, native, python] = interleave(
        setup.scale.rounds * 3,
        [
            Some(Box::new(podslate)),
            Some(Box::new(native)),
            setup
                .python
                .as_ref()
                .map(|_| -> Sampler { Box::new(python) }),
        ],
    )?;
    let title = "command that creates a project, local disk";
    let line = Line::new(title, Unit::Millis).podslate(&podslate);
    Ok(vec![line.native(&native).python(&python).against_python()])
}

/// `podslate create`, or `podslate new` of older builds, for a workspace.
pub fn create_command(program: &Path, workspace: &Path) -> Command {
    let mut help = Command::new(program);
    let help = help.args(["create", "--help"]).stderr(Stdio::null());
    let is_create = help.output().is_ok_and(|output| output.status.success());
    let mut command = Command::new(program);
    command.arg(if is_create { "create" } else { "new" });
    for variable in ["PODSLATE_POD", "PODSLATE_TOKEN", "PROJECT_NAME"] {
        command.env_remove(variable);
    }
    command.arg("--workspace").arg(workspace);
    command
}

/// This program as the native one.
pub fn native_command() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(NATIVE_CREATE);
    Ok(command)
}

fn time(command: &mut Command) -> Result<f64> {
    command.stdin(Stdio::null());
    let begin = Instant::now();
    let output = command.output()?;
    let elapsed = millis(begin.elapsed());
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", errors.trim());
    Ok(elapsed)
}
