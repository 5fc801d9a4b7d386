//! Load on a server with thousands of projects: many users, and clients that obstruct it.

mod client;
mod hostile;
mod latency;
mod projects;
mod size;
mod user;

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Error, Result, ensure};
use testing::{PATIENCE, Server, memory_dir, wait_until};
use tokio::runtime::Builder;

use crate::fixture::Disk;
use crate::outcome::{Outcome, Skipped};
use crate::program::Program;
use client::Client;
use user::{Kind, Shared};

pub use size::Size;

/// Number of entries that a project takes on the disk.
const ENTRIES: usize = 35;
/// Maximum memory of the server, in megabytes.
const MAX_MEMORY: u64 = 256;

/// The load, then everything that obstructs, on one server.
pub fn all(program: &Program, size: &Size) -> Vec<Outcome> {
    let mounted = Disk::new(size.projects * ENTRIES * 2).and_then(|disk| {
        let mount = disk.mount()?;
        Ok((disk, mount))
    });
    let outcomes = match mounted {
        Ok((_disk, mount)) => run(program, size, mount.path(), "on ext4"),
        // Without the right to mount.
        Err(_) => memory_dir()
            .map_err(Error::from)
            .and_then(|dir| run(program, size, dir.path(), "in memory")),
    };
    outcomes.unwrap_or_else(|error| vec![Outcome::of("load", |_| Err(error))])
}

fn run(program: &Program, size: &Size, dir: &Path, medium: &str) -> Result<Vec<Outcome>> {
    let workspace = &dir.join("workspace");
    std::fs::create_dir(workspace)?;
    projects::fill(workspace, size.projects)?;
    let server = start(program, workspace)?;
    let is_complete = || {
        let list = testing::http::get(server.address(), "/api/projects?limit=1");
        list.is_ok_and(|list| list["count"] == size.projects && list["state"].is_null())
    };
    ensure!(
        wait_until(PATIENCE, is_complete),
        "the list is not complete"
    );
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let mut outcomes = runtime.block_on(use_all(&server, size, workspace, medium))?;
    outcomes.extend(hostile::all(&runtime, &server, size));
    outcomes.push(Outcome::of("memory of the server", |outcome| {
        let memory = memory(server.process())?;
        outcome.note(format!("at most {memory} MB"));
        let is_right = memory < MAX_MEMORY;
        outcome.count(is_right.then_some(()).context("it takes too much"));
        Ok(())
    }));
    Ok(outcomes)
}

/// Starts the server with a log that cannot be written and, on Unix, a pipeline that writes without
/// end.
fn start(program: &Program, workspace: &Path) -> Result<Server> {
    let mut command = Server::command(&program.path, workspace, 0);
    if !cfg!(unix) {
        return Ok(Server::spawn(&mut command)?);
    }
    command
        .args(["--", "yes"])
        .env("PROJECT_NAME", projects::FIRST);
    let log = File::options().write(true).open("/dev/full");
    let log = log.map_or_else(|_| Stdio::null(), Stdio::from);
    Ok(Server::spawn_with_log(&mut command, log)?)
}

/// Largest resident memory of a process so far, in megabytes.
fn memory(process: u32) -> Result<u64> {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else {
        return Err(Skipped("this system does not show it".to_owned()).into());
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.context("no VmHWM")?.trim().trim_end_matches(" kB");
    Ok(kilobytes.parse::<u64>()? * 1024 / 1_000_000)
}

/// Every user sends one request after the other; outcomes by kind of request.
async fn use_all(
    server: &Server,
    size: &Size,
    workspace: &Path,
    medium: &str,
) -> Result<Vec<Outcome>> {
    let seed = fastrand::u64(..);
    let shared = Arc::new(Shared {
        client: Client::new(server.address(), size.users)?,
        workspace: workspace.to_owned(),
        projects: size.projects,
        end: Instant::now() + size.time,
    });
    let run = |number| tokio::spawn(user::run(Arc::clone(&shared), number, seed));
    let users: Vec<_> = (0..size.users).map(run).collect();
    let (mut requests, mut own) = (Vec::new(), 0);
    for user in users {
        let (sent, left) = user.await?;
        requests.extend(sent);
        own += left;
    }
    let rate = requests.len() as f64 / size.time.as_secs_f64();
    let kinds = [
        ("creates under load", Kind::Create, Some(size.max_create)),
        ("lists under load", Kind::List, Some(size.max_list)),
        ("renames under load", Kind::Rename, None),
        ("details and checks under load", Kind::Read, None),
    ];
    let mut outcomes = Vec::new();
    for (name, kind, limit) in kinds {
        let (of_kind, others): (Vec<_>, _) = requests.into_iter().partition(|it| it.kind == kind);
        requests = others;
        outcomes.push(Outcome::of(name, |outcome| {
            let times = of_kind.iter().map(|request| request.time).collect();
            of_kind
                .into_iter()
                .for_each(|request| outcome.count(request.result));
            latency::judge(outcome, times, limit, "");
            Ok(())
        }));
    }
    outcomes.push(Outcome::of("projects after the load", |outcome| {
        outcome.note(format!(
            "{rate:.0} responses per second {medium}, seed {seed}"
        ));
        outcome.count(projects::ensure_count(workspace, size.projects + own));
        Ok(())
    }));
    Ok(outcomes)
}
