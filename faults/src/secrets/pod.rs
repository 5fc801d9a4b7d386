//! A server that wants a token, with a command beside it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::canary::{Canary, Look};
use super::requests;
use crate::program::Program;
use crate::server;

const PATIENCE: Duration = Duration::from_secs(30);
const PROJECT: &str = "Robot";
/// Tells everything that the command was given, then stays.
const PIPELINE: &str = "env; echo args $0 $*; echo id $$; exec sleep 600";

/// A running server and all that it may write to.
struct Pod {
    home: TempDir,
    child: Child,
    address: String,
}

/// Sends the token in every way and looks everywhere; without a given token one is made.
pub fn run(
    program: &Program,
    look: &mut Look,
    given: Option<&str>,
    format: &str,
) -> io::Result<()> {
    let (mut pod, start) = Pod::start(program, given, format)?;
    let token = match given {
        Some(token) => token.to_owned(),
        None => made(&start)?,
    };
    if given.is_none() {
        look.canaries = vec![Canary::new(&token)];
    }
    pipeline(look, &pod, &token)?;
    requests::all(look, &pod.address, &token)?;
    if let Ok(environment) = fs::read(format!("/proc/{}/environ", pod.child.id())) {
        // That it is found where it has to be shows that it would be found elsewhere.
        let shows = look.canaries.iter().any(|it| it.is_in(&environment));
        look.expect("the server's own environment", shows == given.is_some());
    }
    let (out, log) = pod.end()?;
    let after = out.split_once('\n').map_or("", |(_, after)| after);
    look.at("standard output after the address", after);
    look.at("the log", &log);
    let is_told = log.contains("a wrong token was sent") && log.contains("DEBUG");
    look.expect("a log that tells everything", is_told);
    look.inside(&pod.home.path().join("home"))?;
    look.inside(&pod.home.path().join("workspace"))
}

impl Pod {
    /// Starts a server; also what it said first.
    fn start(program: &Program, given: Option<&str>, format: &str) -> io::Result<(Self, String)> {
        let home = tempfile::tempdir()?;
        for folder in ["home", "workspace", "out"] {
            fs::create_dir(home.path().join(folder))?;
        }
        let mut command = Command::new(&program.path);
        clean(&mut command, &home.path().join("home"));
        let host = if given.is_some() {
            "127.0.0.1"
        } else {
            "0.0.0.0"
        };
        command
            .args([
                "serve",
                "--port",
                "0",
                "--host",
                host,
                "--log-format",
                format,
            ])
            .arg("--workspace")
            .arg(home.path().join("workspace"))
            .args(["--", "sh", "-c", PIPELINE, "pipeline"])
            .envs([("PROJECT_NAME", PROJECT), ("PODSLATE_LOG", "trace")])
            .stdout(File::create(home.path().join("out/out"))?)
            .stderr(File::create(home.path().join("out/log"))?);
        if let Some(token) = given {
            command.env("PODSLATE_TOKEN", token);
        }
        let mut pod = Self {
            child: command.spawn()?,
            home,
            address: String::new(),
        };
        let start = until("the address", || {
            let out = pod.said("out/out").ok()?;
            out.ends_with('\n').then_some(out)
        })?;
        let port = start.split(':').nth(2).unwrap_or_default();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        pod.address = format!("127.0.0.1:{port}");
        Ok((pod, start))
    }

    fn said(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.home.path().join(path))
    }

    /// Ends the server in good order; what it said.
    fn end(&mut self) -> io::Result<(String, String)> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        until("the end", || self.child.try_wait().ok().flatten())?;
        Ok((self.said("out/out")?, self.said("out/log")?))
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that knows nothing of this machine's settings.
pub fn clean(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let others = ["PODSLATE_", "RUNPOD_", "XDG_", "PROJECT_"];
        if others.iter().any(|other| text.starts_with(other)) || text.ends_with("proxy") {
            command.env_remove(&name);
        }
    }
    command
        .current_dir(home)
        .env("HOME", home)
        .stdin(Stdio::null());
}

/// The token in the printed address.
fn made(start: &str) -> io::Result<String> {
    let token = start.split_once("#token=").map(|(_, token)| token.trim());
    token
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("no token in {start}")))
}

/// The command beside the server is not told the token.
fn pipeline(look: &mut Look, pod: &Pod, token: &str) -> io::Result<()> {
    let log = until("the command's words", || {
        let log = server::send(
            &pod.address,
            &requests::get(
                "/api/pipeline/log",
                &format!("Authorization: Bearer {token}\r\n"),
            ),
        );
        log.ok()
            .filter(|log| log.contains("id ") && log.contains("args "))
    })?;
    look.at("what the command wrote", &log);
    let is_told = log.contains("PROJECT_NAME=Robot") && log.contains("HOME=");
    look.expect("the command's environment in its words", is_told);
    let (_, id) = log.split_once("id ").unwrap_or_default();
    let id: String = id.chars().take_while(char::is_ascii_digit).collect();
    for file in ["cmdline", "environ"] {
        if let Ok(said) = fs::read(format!("/proc/{id}/{file}")) {
            look.at(&format!("the command's {file}"), said);
        }
    }
    Ok(())
}

/// Waits until something is there.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("waited in vain for {what}")));
        }
        thread::sleep(Duration::from_millis(10));
    }
}
