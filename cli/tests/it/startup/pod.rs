//! A pod: the server as a process with an environment and a command beside it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use testing::http::{self, Response};
use testing::{PATIENCE, Server, wait_for};

use crate::program;

/// A running pod.
pub struct Pod {
    /// Its server.
    pub server: Server,
}

/// The command `args` on a workspace with an environment of its own.
pub fn podslate(workspace: &Path, args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = program::podslate(workspace, args);
    command.envs(env.iter().copied());
    command
}

/// Runs `podslate` to its end.
pub fn run(workspace: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let output = podslate(workspace, args, env).output();
    output.expect("podslate runs")
}

impl Pod {
    /// Starts a pod; `pipeline` is a line of shell.
    pub fn start(workspace: &Path, env: &[(&str, &str)], pipeline: &str) -> Self {
        let args = ["serve", "--port", "0", "--", "sh", "-c", pipeline];
        let args = if pipeline.is_empty() {
            &args[..3]
        } else {
            &args
        };
        Self::spawn(&mut podslate(workspace, args, env))
    }

    /// Starts a pod by a command.
    pub fn spawn(command: &mut Command) -> Self {
        Self {
            server: program::start(command),
        }
    }

    /// The response to `GET path`.
    pub fn get(&self, path: &str) -> Value {
        http::get(self.server.address(), path).expect("a response")
    }

    /// Status and body of the response to `POST path`.
    pub fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = http::request(self.server.address(), "POST", path, Some(&body));
        let Response { status, body } = response.expect("a response");
        (status, body)
    }

    /// Waits until the pipeline is in a state.
    pub fn wait_until(&self, state: &str) -> Value {
        let pipeline = || self.get("/api/pipeline");
        let found = wait_for(PATIENCE, || {
            Some(pipeline()).filter(|pipeline| pipeline["state"] == state)
        });
        found.unwrap_or_else(|| panic!("not {state}: {}", pipeline()))
    }

    /// The lines of the pipeline, once there are `count`.
    pub fn lines(&self, count: usize) -> Vec<String> {
        let lines = || {
            let mut log = self.get("/api/pipeline/log");
            let lines: Vec<Value> = serde_json::from_value(log["lines"].take()).expect("a list");
            let text = |line: &Value| line["text"].as_str().expect("text").to_owned();
            lines.iter().map(text).collect::<Vec<String>>()
        };
        let found = wait_for(PATIENCE, || {
            Some(lines()).filter(|lines| lines.len() >= count)
        });
        found.unwrap_or_else(|| panic!("not {count} lines: {:?}", lines()))
    }

    /// Sends a signal to the server.
    pub fn signal(&self, name: &str) {
        let id = self.server.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the server's end; its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.server.child.wait().expect("the end").code()
    }

    /// Names of the projects.
    pub fn names(&self) -> Value {
        self.get("/api/projects/list")["projects"].take()
    }

    /// Creates a project; the status.
    pub fn create(&self, name: &str) -> u16 {
        let body = json!({ "project_name": name });
        self.post("/api/projects/create", body).0
    }
}
