//! A pod: the server as a process with an environment and a command beside it.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running pod.
pub struct Pod {
    server: Server,
}

/// `podslate` with a workspace and an environment of its own.
pub fn podslate(workspace: &Path, args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_podslate"));
    command
        .arg(args[0])
        .arg("--workspace")
        .arg(workspace)
        .args(&args[1..])
        .env_remove("PODSLATE_TOKEN")
        .env_remove("PROJECT_NAME")
        .envs(env.iter().copied());
    command
}

/// Runs `podslate` to its end.
pub fn run(workspace: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = podslate(workspace, args, env);
    command
        .stdin(Stdio::null())
        .output()
        .expect("podslate runs")
}

/// A client. It has to be told who would encrypt, also where nothing is encrypted.
pub fn client() -> reqwest::Client {
    // That another test has told already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
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
        Self {
            server: Server::start_as(&mut podslate(workspace, args, env)),
        }
    }

    /// Starts a pod by a command of the caller's.
    pub fn started(command: &mut Command) -> Self {
        Self {
            server: Server::start_as(command),
        }
    }

    /// Gets a page of the API.
    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.server.url);
        let answer = client().get(url).send().await;
        answer.expect("an answer").json().await.expect("JSON")
    }

    /// Posts to the API; the status and the body.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.server.url);
        let answer = client().post(url).json(&body).send().await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Waits until the pipeline is in a state.
    pub async fn until(&self, state: &str) -> Value {
        let start = Instant::now();
        loop {
            let pipeline = self.get("api/pipeline").await;
            if pipeline["state"] == state {
                return pipeline;
            }
            assert!(start.elapsed() < PATIENCE, "{state} in vain: {pipeline}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The lines of the pipeline, once there are `count`.
    pub async fn lines(&self, count: usize) -> Vec<String> {
        let start = Instant::now();
        loop {
            let log = self.get("api/pipeline/log").await;
            let lines = log["lines"].as_array().expect("a list");
            if lines.len() >= count {
                let text = |line: &Value| line["text"].as_str().expect("text").to_owned();
                return lines.iter().map(text).collect();
            }
            assert!(start.elapsed() < PATIENCE, "{count} lines in vain: {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal to the server.
    pub fn signal(&self, name: &str) {
        let id = self.server.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the server's end; its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.server.child.wait().expect("the end").code()
    }

    /// The names in the list.
    pub async fn names(&self) -> Value {
        self.get("api/projects/list").await["projects"].take()
    }

    /// Creates a project; the status.
    pub async fn create(&self, name: &str) -> u16 {
        let body = json!({ "project_name": name });
        self.post("api/projects/create", body).await.0
    }
}
