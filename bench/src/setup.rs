//! The programs that are measured, and where their workspaces are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::{Server, wait_until};

use crate::http::Connection;

/// Time to allow for all projects of a workspace to be counted.
const COUNT_LIMIT: Duration = Duration::from_secs(120);
/// Time without a change after which everything has been counted.
const QUIET: Duration = Duration::from_secs(1);

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Number of rounds.
    pub rounds: usize,
    /// Time of a sample of requests.
    pub sample: Duration,
    /// Number of requests of a sample, where each leaves something on the disk.
    pub requests: usize,
    /// Time for which an idle server is watched.
    pub idle: Duration,
    /// The largest number of projects.
    pub many: usize,
}

/// For a table that counts.
pub const FULL: Scale = Scale {
    rounds: 5,
    sample: Duration::from_secs(1),
    requests: 40,
    idle: Duration::from_secs(30),
    many: 100_000,
};

/// For a first look.
pub const QUICK: Scale = Scale {
    rounds: 3,
    sample: Duration::from_millis(400),
    requests: 15,
    idle: Duration::from_secs(5),
    many: 10_000,
};

/// What is measured and where.
#[derive(Debug)]
pub struct Setup {
    /// podslate.
    pub program: PathBuf,
    /// A Python with the packages of the service.
    pub python: Option<PathBuf>,
    /// Folder of the script and the service.
    pub scripts: PathBuf,
    /// Folder of the worker and the page.
    pub artifacts: PathBuf,
    /// Folder on the local disk.
    pub disk: PathBuf,
    /// How long and how often is measured.
    pub scale: Scale,
}

impl Setup {
    /// An empty workspace on the local disk.
    pub fn on_disk(&self) -> Result<TempDir> {
        Ok(tempfile::tempdir_in(&self.disk)?)
    }

    /// An empty workspace in memory.
    pub fn in_memory() -> Result<TempDir> {
        Ok(testing::memory_dir()?)
    }

    /// podslate as a server.
    pub fn podslate(&self, workspace: &Path) -> Result<Server> {
        Server::start(&self.program, workspace).context("podslate does not start")
    }

    /// The service in Python; `None` without a Python that has its packages.
    pub fn service(&self, workspace: &Path) -> Result<Option<Service>> {
        self.start_service(workspace, &[])
    }

    /// The same, but it waits until new projects are on the disk, as podslate does.
    pub fn service_that_syncs(&self, workspace: &Path) -> Result<Option<Service>> {
        self.start_service(workspace, &["--sync"])
    }

    fn start_service(&self, workspace: &Path, options: &[&str]) -> Result<Option<Service>> {
        let command = self.script("service.py");
        let start = |mut command: Command| {
            let server = Server::spawn(command.arg(workspace).args(options));
            server.context("the service in Python does not start")
        };
        Ok(command.map(start).transpose()?.map(Service))
    }

    /// A command that runs a script in Python.
    pub fn script(&self, name: &str) -> Option<Command> {
        let mut command = Command::new(self.python.as_ref()?);
        // Without files beside the script.
        command.arg("-B").arg(self.scripts.join(name));
        Some(command)
    }
}

/// The service in Python, whose processes end with it.
#[derive(Debug)]
pub struct Service(Server);

impl Service {
    /// Host and port.
    pub fn address(&self) -> &str {
        self.0.address()
    }

    /// The first of its processes.
    pub fn process(&self) -> u32 {
        self.0.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let id = self.process().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = wait_until(Duration::from_secs(5), || {
            !matches!(self.0.child.try_wait(), Ok(None))
        });
    }
}

/// Whether a server still counts the files of the projects of a page; `None` if it does not say.
pub fn is_counting(page: &Value) -> Option<bool> {
    let projects = page["projects"].as_array().map_or(&[][..], Vec::as_slice);
    let is_counting = |value: &Value| value["state"] == "counting";
    let is_counting = is_counting(page) || projects.iter().any(is_counting);
    // Builds that count later number their lists.
    page["revision"].is_number().then_some(is_counting)
}

/// Waits until a server has counted the files of all projects, if it says so.
///
/// What it has not looked at after two minutes it may look at while it is measured.
pub fn await_counted(connection: &mut Connection) -> Result<()> {
    let deadline = Instant::now() + COUNT_LIMIT;
    let (mut revision, mut since) = (Value::Null, Instant::now());
    while since.elapsed() < QUIET && Instant::now() < deadline {
        let page = connection.get("/api/projects?limit=100")?.success()?;
        let page = page.json()?;
        let Some(is_counting) = is_counting(&page) else {
            break;
        };
        if is_counting || page["revision"] != revision {
            (revision, since) = (page["revision"].clone(), Instant::now());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The body that creates a project.
pub fn new_project(name: &str) -> Value {
    json!({ "project_name": name })
}

/// Resident memory of a process and its children, in megabytes.
pub fn memory(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: f64 = kilobytes.context("no VmRSS")?.trim().parse()?;
    let tasks = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(tasks).unwrap_or_default();
    let children = children.split_whitespace().flat_map(str::parse);
    let children: Result<f64> = children.map(memory).sum();
    Ok(kilobytes * 1024.0 / 1e6 + children?)
}
