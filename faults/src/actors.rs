//! Programs and two servers that work in one workspace at the same time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use fastrand::Rng;
use podslate_shared::api::ProjectNames;
use serde_json::json;
use tempfile::TempDir;
use testing::{Server, http, memory_dir};

use crate::program::{Kind, Operation, Program};

/// All that work in a workspace.
#[derive(Debug)]
pub struct Actors<'a> {
    programs: &'a [&'a Program],
    server: &'a Program,
    servers: [Mutex<Server>; 2],
    workspace: &'a Path,
    trash: TempDir,
}

impl<'a> Actors<'a> {
    /// Starts the servers of a workspace.
    ///
    /// # Errors
    /// No program is a server, or they do not start.
    pub fn start(programs: &'a [&'a Program], workspace: &'a Path) -> Result<Self> {
        let mut servers = programs
            .iter()
            .filter(|program| program.kind == Kind::Podslate);
        let server = *servers.next().context("no program can serve")?;
        Ok(Self {
            programs,
            server,
            servers: [
                start(server, workspace, 0)?.into(),
                start(server, workspace, 1)?.into(),
            ],
            workspace,
            trash: memory_dir()?,
        })
    }

    /// One of the programs.
    pub fn program(&self, rng: &mut Rng) -> &'a Program {
        rng.choice(self.programs).expect("there is a program")
    }

    /// Requests a change from one of the servers; whether it was acknowledged.
    pub fn request(&self, rng: &mut Rng, operation: Operation<'_>) -> bool {
        let (path, body) = match operation {
            Operation::Create(name) => ("/api/projects/create", json!({ "project_name": name })),
            Operation::Rename(old, new) => ("/rename", json!({ "old_name": old, "new_name": new })),
            Operation::Complete(_) | Operation::Recover | Operation::List => return false,
        };
        let response = http::post(&self.address(rng.usize(..2)), path, &body);
        response.is_ok_and(|response| response["status"] == "success")
    }

    /// Names of the projects, as a server lists them.
    ///
    /// # Errors
    /// It does not respond with a list.
    pub fn list(&self, server: usize) -> Result<Vec<String>> {
        let response = http::get(&self.address(server), "/api/projects/list")?;
        Ok(serde_json::from_value::<ProjectNames>(response)?.projects)
    }

    /// Moves a project out of the workspace in one step, as people do; its new place.
    pub fn move_out(&self, rng: &mut Rng, name: &str) -> Option<PathBuf> {
        let place = self.trash.path().join(rng.u64(..).to_string());
        fs::rename(self.workspace.join(name), &place).ok()?;
        Some(place)
    }

    /// Kills one of the servers and starts another in its place; whether it could.
    pub fn restart(&self, rng: &mut Rng) -> bool {
        let number = rng.usize(..2);
        let mut server = self.lock(number);
        let next = start(self.server, self.workspace, number);
        next.map(|next| *server = next).is_ok()
    }

    fn address(&self, server: usize) -> String {
        self.lock(server).address().to_owned()
    }

    fn lock(&self, server: usize) -> std::sync::MutexGuard<'_, Server> {
        self.servers[server].lock().expect("no thread panicked")
    }
}

/// Starts one of the servers. The first is told of changes by the system, the second compares times.
fn start(program: &Program, workspace: &Path, number: usize) -> std::io::Result<Server> {
    let mut command = Server::command(&program.path, workspace, 0);
    if number == 1 {
        command.arg("--no-watch");
    }
    Server::spawn(&mut command)
}
