//! A server of a workspace with a special entry: everything it is asked is answered in time.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use testing::{PATIENCE, Server, http, wait_for};

use super::site::{Fault, Kind, Site};
use crate::program::Program;

/// Time for a start, an answer and an end.
const LIMIT: Duration = Duration::from_secs(2);

/// Requests in their order: method, path, body.
const REQUESTS: [(&str, &str, &str); 17] = [
    ("GET", "/health", ""),
    ("GET", "/api/projects", ""),
    ("GET", "/api/names/Fresh", ""),
    ("GET", "/api/names/Robot", ""),
    ("GET", "/api/projects/Robot", ""),
    (
        "POST",
        "/api/pipeline/restart",
        "{\"project_name\":\"Robot\"}",
    ),
    ("GET", "/api/pipeline", ""),
    ("GET", "/api/pipeline/log", ""),
    (
        "POST",
        "/rename",
        "{\"old_name\":\"Robot\",\"new_name\":\"Third\"}",
    ),
    ("POST", "/api/pipeline/stop", "{}"),
    (
        "POST",
        "/rename",
        "{\"old_name\":\"Robot\",\"new_name\":\"Third\"}",
    ),
    ("GET", "/api/projects/Robot", ""),
    (
        "POST",
        "/rename",
        "{\"old_name\":\"Third\",\"new_name\":\"Robot\"}",
    ),
    (
        "POST",
        "/api/projects/create",
        "{\"project_name\":\"Hero\",\"adopt_default\":true}",
    ),
    (
        "POST",
        "/api/projects/create",
        "{\"project_name\":\"Robot\"}",
    ),
    ("GET", "/api/projects?sort=modified", ""),
    ("GET", "/health", ""),
];

/// Serves the workspace twice: with `Robot` as its project, which the start completes, and as the
/// default project, which a request adopts.
pub fn check(
    program: &Program,
    kind: Kind,
    place: &str,
    count: &mut dyn FnMut(Result<()>),
) -> Result<()> {
    for (variable, requests) in [
        ("PROJECT_NAME", &REQUESTS[..8]),
        ("PODSLATE_DEFAULT_PROJECT", &REQUESTS[..]),
    ] {
        let site = Site::new(kind, place)?;
        let mut command = Server::command(&program.path, &site.workspace(), 0);
        command.env(variable, "Robot").args(["--", "sleep", "60"]);
        let server = start(&site, &mut command).map_err(|error| error.context(variable));
        let Some(server) = counted(server, count).flatten() else {
            continue;
        };
        for (method, path, body) in requests {
            let answer = ask(&site, &server, method, path, body);
            count(answer.with_context(|| format!("{variable}: {method} {path}")));
        }
        count(all_counted(&server));
        count(end(&site, server).map_err(|error| error.context("the end")));
    }
    Ok(())
}

fn counted<T>(result: Result<T>, count: &mut dyn FnMut(Result<()>)) -> Option<T> {
    let (value, result) = match result {
        Ok(value) => (Some(value), Ok(())),
        Err(error) => (None, Err(error)),
    };
    count(result);
    value
}

/// The server, unless it refuses to start, which is an answer.
fn start(site: &Site, command: &mut Command) -> Result<Option<Server>> {
    let output = File::create(site.log())?;
    command.stdin(Stdio::null()).stderr(output.try_clone()?);
    let mut server = Server {
        url: String::new(),
        child: command.stdout(output).spawn()?,
    };
    let mut status = None;
    let started = wait_for(LIMIT, || {
        status = server.child.try_wait().ok().flatten();
        let log = fs::read_to_string(site.log()).unwrap_or_default();
        let url = log.lines().find(|line| line.starts_with("http://"));
        server.url = url.unwrap_or_default().to_owned();
        (status.is_some() || log.contains(&format!("{}\n", server.url)) && url.is_some())
            .then_some(log)
    });
    let log = started.ok_or_else(|| Fault::Hung("the start".to_owned()))?;
    site.ensure_outside(&log)?;
    let Some(status) = status else {
        return Ok(Some(server));
    };
    if !matches!(status.code(), Some(1 | 2)) || log.contains("panicked") {
        return Err(Fault::Aborted(format!("{status}, {log}")).into());
    }
    ensure!(
        log.contains("error: ") && !log.contains("internal"),
        "{log}"
    );
    Ok(None)
}

fn ask(site: &Site, server: &Server, method: &str, path: &str, body: &str) -> Result<()> {
    let body = (!body.is_empty()).then(|| serde_json::from_str(body));
    let body = body.transpose()?;
    let start = Instant::now();
    let response = http::request(server.address(), method, path, body.as_ref());
    if start.elapsed() > LIMIT {
        return Err(Fault::Hung(format!("{response:?} after {:?}", start.elapsed())).into());
    }
    let response = response.map_err(|error| Fault::Aborted(error.to_string()))?;
    let is_answer = response.body["status"].is_string() && response.body["code"] != "internal";
    ensure!(is_answer, "{response:?}");
    ensure!(path != "/health" || response.status == 200, "{response:?}");
    site.ensure_outside(&response.body.to_string())
}

/// Checks that the contents of every listed project become known.
fn all_counted(server: &Server) -> Result<()> {
    let mut list = serde_json::Value::Null;
    let counted = wait_for(LIMIT, || {
        list = http::get(server.address(), "/api/projects").ok()?;
        let projects = list["projects"].as_array()?;
        let is_counting = |project: &serde_json::Value| project["state"] == "counting";
        (!projects.iter().any(is_counting)).then_some(())
    });
    counted.ok_or_else(|| Fault::Hung(format!("counting, {list}")).into())
}

/// Ends the server by a signal.
fn end(site: &Site, mut server: Server) -> Result<()> {
    let start = Instant::now();
    kill_process(Pid::from_child(&server.child), Signal::TERM)?;
    let status = wait_for(PATIENCE, || server.child.try_wait().ok().flatten());
    let log = fs::read_to_string(site.log())?;
    let Some(status) = status.filter(|_| start.elapsed() <= LIMIT) else {
        return Err(Fault::Hung(log).into());
    };
    if status.code() != Some(0) || log.contains("panicked") {
        return Err(Fault::Aborted(format!("{status}, {log}")).into());
    }
    site.ensure_outside(&log)
}
