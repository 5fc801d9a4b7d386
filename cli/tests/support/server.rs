//! The server as a process.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that ends with its owner.
pub struct Server {
    /// Its address with a slash at the end.
    pub url: String,
    /// The process.
    pub child: Child,
}

impl Server {
    /// Starts a server for a workspace at a free port and waits for its address.
    pub fn start(workspace: &Path) -> Self {
        Self::start_at(workspace, 0)
    }

    /// Starts a server at a port; 0 takes a free one.
    pub fn start_at(workspace: &Path, port: u16) -> Self {
        Self::start_as(&mut Self::command(workspace, port))
    }

    /// The command that starts a server.
    pub fn command(workspace: &Path, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_podslate"));
        command
            .args(["serve", "--port", &port.to_string(), "--workspace"])
            .arg(workspace)
            .env_remove("PODSLATE_TOKEN")
            .env_remove("PROJECT_NAME");
        command
    }

    /// Starts a server at a port that wants a token.
    pub fn start_with(workspace: &Path, port: u16, token: Option<&str>) -> Self {
        let mut command = Self::command(workspace, port);
        if let Some(token) = token {
            command.env("PODSLATE_TOKEN", token);
        }
        Self::start_as(&mut command)
    }

    /// Starts a server by a command of the caller's and waits for its address.
    pub fn start_as(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines
            .next()
            .expect("the server says its address")
            .expect("text");
        Self { url, child }
    }
}

/// The port in an address with a slash at the end.
pub fn port_of(url: &str) -> u16 {
    let port = url.trim_end_matches('/').rsplit(':').next();
    port.and_then(|port| port.parse().ok())
        .expect("an address with a port")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
