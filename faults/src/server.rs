//! The program as a server, and as little of HTTP as it takes to ask it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Ask, Program};

/// A server that ends with its owner.
#[derive(Debug)]
pub struct Server {
    /// Host and port.
    pub address: String,
    program: Program,
    child: Child,
}

impl Server {
    /// Starts a server for a workspace and waits for its address.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(program: &Program, workspace: &Path) -> io::Result<Self> {
        Self::start_with(program, workspace, None)
    }

    /// Starts a server that wants a token.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_with(
        program: &Program,
        workspace: &Path,
        token: Option<&str>,
    ) -> io::Result<Self> {
        let mut child = std::process::Command::new(&program.path)
            .args(["serve", "--port", "0", "--workspace"])
            .arg(workspace)
            .env_remove("PROJECT_NAME")
            .env("PODSLATE_TOKEN", token.unwrap_or_default())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .trim_start_matches("http://")
            .trim_end_matches('/');
        Ok(Self {
            address: address.to_owned(),
            program: program.clone(),
            child,
        })
    }

    /// How many files and connections it has open, where the system tells.
    pub fn open_files(&self) -> Option<usize> {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        files.ok().map(Iterator::count)
    }

    /// Kills the server and starts another in its place; whether it could.
    pub fn kill_and_start(&mut self, workspace: &Path) -> bool {
        let next = Self::start(&self.program, workspace);
        next.map(|next| *self = next).is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a server for a change; whether it said success.
pub fn ask(address: &str, ask: Ask<'_>) -> bool {
    let (path, body) = match ask {
        Ask::Create(name) => ("/api/projects/create", json!({ "project_name": name })),
        Ask::Rename(old, new) => ("/rename", json!({ "old_name": old, "new_name": new })),
        Ask::Complete(_) | Ask::Recover => return false,
    };
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(address, &(head + &body)).is_ok_and(|answer| answer["status"] == "success")
}

/// What a server answers to a `GET` of `path`.
///
/// # Errors
/// The server does not answer, or not with JSON.
pub fn get(address: &str, path: &str) -> io::Result<Value> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    exchange(address, &head)
}

fn exchange(address: &str, request: &str) -> io::Result<Value> {
    let answer = send(address, request)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(serde_json::from_str(body)?)
}

/// Everything that a server answers until it closes the connection.
///
/// # Errors
/// It cannot be reached, or does not come to an end.
pub fn send(address: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(40)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
