//! The token of a server that has a pipeline command.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use testing::{Server, http, wait_for};

use super::canary::{Canary, Inspector};
use super::requests;
use crate::program::Program;

const PATIENCE: Duration = Duration::from_secs(30);
const PROJECT: &str = "Robot";
/// Prints everything that the command was given, then stays.
const PIPELINE: &str = "env; echo args $0 $*; echo id $$; exec sleep 600";

/// A running server and everything that it may write to.
struct Pod {
    home: TempDir,
    server: Server,
    address: String,
}

/// Sends the token in every way and inspects everything; without `given`, the server generates one.
pub fn check(
    program: &Program,
    inspector: &mut Inspector<'_>,
    given: Option<&str>,
    format: &str,
) -> Result<()> {
    let mut pod = Pod::start(program, given, format)?;
    let token = match given {
        Some(token) => token.to_owned(),
        None => {
            let (_, token) = pod.server.url.split_once("#token=").context("no token")?;
            inspector.canaries = vec![Canary::new(token)];
            token.to_owned()
        }
    };
    inspect_pipeline(inspector, &pod, &token)?;
    requests::send_all(inspector, &pod.address, &token)?;
    // Finding it where it has to be shows that it would be found elsewhere.
    let is_found = inspector.finds(token.as_bytes());
    inspector.expect("the token itself", is_found);
    for id in [pod.server.child.id(), pod.server.process()] {
        if let Ok(environment) = fs::read(format!("/proc/{id}/environ")) {
            inspector.inspect("the server's own environment", environment);
        }
    }
    let (stdout, log) = pod.end()?;
    let (_, after) = stdout.split_once('\n').unwrap_or_default();
    inspector.inspect("standard output after the address", after);
    inspector.inspect("the log", &log);
    let is_verbose = log.contains("a wrong token was sent") && log.contains("DEBUG");
    inspector.expect("a verbose log", is_verbose);
    inspector.inspect_dir(&pod.path("home"))?;
    inspector.inspect_dir(&pod.path("workspace"))
}

impl Pod {
    fn start(program: &Program, given: Option<&str>, format: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let path = |name: &str| home.path().join(name);
        for dir in ["home", "workspace", "out"] {
            fs::create_dir(path(dir))?;
        }
        let host = if given.is_some() {
            "127.0.0.1"
        } else {
            "0.0.0.0"
        };
        let mut command = Server::command(&program.path, &path("workspace"), 0);
        isolate(&mut command, &path("home"));
        command
            .args(["--host", host, "--log-format", format])
            .args(["--", "sh", "-c", PIPELINE, "pipeline"])
            .envs([("PROJECT_NAME", PROJECT), ("PODSLATE_LOG", "trace")])
            .envs(given.map(|token| ("PODSLATE_TOKEN", token)))
            .stdout(File::create(path("out/stdout"))?)
            .stderr(File::create(path("out/log"))?);
        let mut server = Server {
            url: String::new(),
            child: command.spawn()?,
        };
        let line = wait_for(PATIENCE, || {
            let stdout = fs::read_to_string(path("out/stdout")).ok()?;
            stdout.ends_with('\n').then_some(stdout)
        });
        server.url = line.context("no address")?.trim().to_owned();
        Ok(Self {
            address: format!("127.0.0.1:{}", server.port()),
            server,
            home,
        })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// Stops the server as a pod does; its output and its log.
    fn end(&mut self) -> Result<(String, String)> {
        let child = &mut self.server.child;
        let id = child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        wait_for(PATIENCE, || child.try_wait().ok().flatten())
            .context("the server does not end")?;
        let read = |name: &str| fs::read_to_string(self.path(name));
        Ok((read("out/stdout")?, read("out/log")?))
    }
}

/// Removes this machine's settings from a command.
pub fn isolate(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let prefixes = ["PODSLATE_", "RUNPOD_", "XDG_", "PROJECT_"];
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) || text.ends_with("proxy") {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(home)
        .env("HOME", home)
        .stdin(Stdio::null());
}

/// The pipeline command does not get the token.
fn inspect_pipeline(inspector: &mut Inspector<'_>, pod: &Pod, token: &str) -> Result<()> {
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let request = requests::get("/api/pipeline/log", &bearer);
    let log = wait_for(PATIENCE, || {
        let log = http::send(&pod.address, &request).ok()?;
        (log.contains("id ") && log.contains("args ")).then_some(log)
    });
    let log = log.context("the pipeline command prints nothing")?;
    inspector.inspect("the output of the command", &log);
    let is_complete = log.contains("PROJECT_NAME=Robot") && log.contains("HOME=");
    inspector.expect("the command's environment in its output", is_complete);
    let (_, id) = log.split_once("id ").unwrap_or_default();
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    for file in ["cmdline", "environ"] {
        if let Ok(content) = fs::read(format!("/proc/{id}/{file}")) {
            inspector.inspect(&format!("the command's {file}"), content);
        }
    }
    Ok(())
}
