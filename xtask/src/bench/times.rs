//! Times, measured from outside on a server of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::files;

/// How many clients ask at once.
const CLIENTS: usize = 8;
/// How many projects there are when the list is measured.
const PROJECTS: usize = 2_000;
const STARTS: usize = 10;
const COMMANDS: usize = 20;
const LISTS: usize = 400;

/// Measures and prints everything that takes time.
pub fn print(program: &Path, scratch: &Path) -> Result<()> {
    println!(
        "{:<34}{:>14}{:>14}{:>14}",
        "Time", "median", "p99", "per second"
    );
    let starts: Vec<Duration> = (0..STARTS)
        .map(|_| first_answer(program, scratch))
        .collect::<Result<_>>()?;
    row("start to first answer", starts, None);
    let commands = (0..COMMANDS)
        .map(|number| command(program, scratch, number))
        .collect::<Result<_>>()?;
    row("podslate new, whole process", commands, None);

    let server = Server::start(program, scratch)?;
    let create = |number: usize| {
        let body = format!("{{\"project_name\":\"Project{number}\"}}");
        format!(
            "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    server.measure("create, 8 clients", PROJECTS, create)?;
    server.measure("names of 2,000, 8 clients", LISTS, |_| {
        get("/api/projects/list")
    })?;
    server.measure("all of 2,000, 8 clients", LISTS, |_| get("/api/projects"))?;
    let page = "/api/projects?limit=100";
    server.measure("100 of 2,000, 8 clients", LISTS, |_| get(page))?;
    Ok(())
}

fn first_answer(program: &Path, scratch: &Path) -> Result<Duration> {
    let start = Instant::now();
    let server = Server::start(program, scratch)?;
    server
        .connect()?
        .ask("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    Ok(start.elapsed())
}

fn command(program: &Path, scratch: &Path, number: usize) -> Result<Duration> {
    let mut command = Command::new(program);
    command
        .args(["new", &format!("Command{number}"), "--workspace"])
        .arg(scratch.join("workspace"))
        .stdout(Stdio::null());
    let start = Instant::now();
    if !command.status()?.success() {
        bail!("`podslate new` failed; run the command again.");
    }
    Ok(start.elapsed())
}

/// A server that ends with its owner.
struct Server {
    address: String,
    child: Child,
}

impl Server {
    /// Starts a server with an empty workspace and waits until it listens.
    fn start(program: &Path, scratch: &Path) -> Result<Self> {
        let workspace = scratch.join("workspace");
        files::empty_folder(&workspace)?;
        let mut child = Command::new(program)
            .args(["serve", "--port", "0", "--workspace"])
            .arg(&workspace)
            .env_remove("PODSLATE_TOKEN")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .trim_start_matches("http://")
            .trim_end_matches('/');
        Ok(Self {
            address: address.to_owned(),
            child,
        })
    }

    fn connect(&self) -> Result<Client> {
        let stream = TcpStream::connect(&self.address)
            .with_context(|| format!("The server at {} does not answer.", self.address))?;
        stream.set_nodelay(true)?;
        Ok(Client(BufReader::new(stream)))
    }

    /// Asks `count` times from several clients and prints how long the answers took.
    fn measure(
        &self,
        what: &str,
        count: usize,
        request: impl Fn(usize) -> String + Sync,
    ) -> Result<()> {
        let start = Instant::now();
        let times = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let request = &request;
                    scope.spawn(move || {
                        let mut connection = self.connect()?;
                        let numbers = (client..count).step_by(CLIENTS);
                        numbers
                            .map(|number| connection.ask(&request(number)))
                            .collect()
                    })
                })
                .collect();
            let mut times = Vec::new();
            for client in clients {
                let one: Result<Vec<Duration>> =
                    client.join().unwrap_or_else(|_| bail!("A client broke."));
                times.extend(one?);
            }
            Ok::<_, anyhow::Error>(times)
        })?;
        row(what, times, Some(start.elapsed()));
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept.
struct Client(BufReader<TcpStream>);

impl Client {
    /// Sends a request and reads the whole answer, which must be a success.
    fn ask(&mut self, request: &str) -> Result<Duration> {
        let start = Instant::now();
        self.0.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut status = String::new();
        self.0.read_line(&mut status)?;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        if !status.starts_with("HTTP/1.1 20") {
            bail!("The server answered {}.", status.trim());
        }
        Ok(start.elapsed())
    }
}

fn row(what: &str, mut times: Vec<Duration>, all: Option<Duration>) {
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len() - 1));
    let time = |time: Option<&Duration>| {
        time.map_or_else(String::new, |time| {
            format!("{:.2} ms", time.as_secs_f64() * 1e3)
        })
    };
    let rate = all.map_or_else(String::new, |all| {
        format!("{:.0}", times.len() as f64 / all.as_secs_f64())
    });
    println!(
        "{what:<34}{:>14}{:>14}{rate:>14}",
        time(at(50)),
        time(at(99))
    );
}

/// Removes what was measured on.
pub fn clean(scratch: &Path) {
    let _ = fs::remove_dir_all(scratch);
}
