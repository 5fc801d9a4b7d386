//! A server under test and a client for it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use podslate_backend::{Config, Workspace};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::raw::Connection;
use crate::tree::Tree;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server at a free port, for a workspace of its own.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The workspace's folder.
    pub root: PathBuf,
    /// Ends it.
    pub stop: Option<oneshot::Sender<()>>,
    /// What `serve` returns.
    pub ended: JoinHandle<io::Result<()>>,
    client: Client,
    _home: tempfile::TempDir,
}

impl Server {
    /// Gives the signal to stop.
    pub fn tell_to_stop(&mut self) {
        let stop = self.stop.take().expect("a running server");
        stop.send(()).expect("a server");
    }

    /// Starts a server that wants no token, for an empty workspace.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let root = home.path().join("workspace");
        let worker = podslate_backend::worker().expect("the worker runs");
        let mut config = Config::new(Workspace::open_or_make(&root, worker).expect("a workspace"));
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(podslate_backend::serve(listener, config, async {
            // A test that drops the sender is over.
            let _ = stopped.await;
        }));
        Self {
            address,
            root,
            stop: Some(stop),
            ended,
            client: client(),
            _home: home,
        }
    }

    /// The answer to `GET path` and its JSON.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, &[], None).await.json()
    }

    /// The answer to `POST path` with a JSON body and its JSON.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        self.send(Method::POST, path, &headers, Some(&body))
            .await
            .json()
    }

    /// Creates projects and expects that it works.
    pub async fn create(&self, names: &[&str]) {
        for name in names {
            let body = serde_json::json!({ "project_name": name });
            let (status, body) = self.post("/api/projects/create", &body).await;
            assert_eq!(status, 201, "{body}");
        }
    }

    fn has_probe(&self) -> bool {
        let entries = std::fs::read_dir(&self.root)
            .into_iter()
            .flatten()
            .flatten();
        let is_probe = |entry: std::fs::DirEntry| {
            let name = entry.file_name();
            let is_hidden = name.as_encoded_bytes().starts_with(b".podslate-tmp-");
            is_hidden && entry.metadata().is_ok_and(|entry| entry.is_file())
        };
        entries.into_iter().any(is_probe)
    }

    /// Any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let mut request = self
            .client
            .request(method, format!("http://{}{path}", self.address))
            .timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        Answer {
            status: answer.status().as_u16(),
            headers: HeaderMap::clone(answer.headers()),
            body: answer.bytes().await.expect("a body").to_vec(),
        }
    }

    /// A connection of its own, for requests that no well-behaved client sends.
    pub async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    /// The answer to bytes that are sent as they are.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut connection = self.connect().await;
        connection.send(bytes.as_ref()).await;
        connection.answer().await.expect("an answer")
    }

    /// The answer to `GET path`, where the path is sent as it is.
    pub async fn raw_get(&self, path: &str) -> Answer {
        self.raw(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await
    }

    /// The folder of a project, as text.
    pub fn path(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    /// Everything in the workspace.
    pub fn tree(&self) -> Tree {
        // Recovery, which runs beside, may have a probe here for a moment; what stays is read.
        let start = std::time::Instant::now();
        while self.has_probe() && start.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        Tree::read(&self.root)
    }

    /// Asserts that nothing but whole projects of these names is in the workspace.
    pub fn assert_projects(&self, names: &[&str]) {
        assert!(
            self.tree() == projects(names),
            "not {names:?}: {:?}",
            entries(&self.root)
        );
    }
}

/// A workspace of whole projects.
pub fn projects(names: &[&str]) -> Tree {
    let mut tree = Tree::default();
    names.iter().for_each(|name| tree.project(name));
    tree
}

/// The names in a folder, hidden ones too, in order.
pub fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Waits for a condition.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A client. It has to be told who would encrypt, also where nothing is encrypted.
fn client() -> Client {
    // That another test has told already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A connection that was kept may be closed by the server at the moment of its next use.
    let builder = Client::builder().pool_max_idle_per_host(0);
    builder.build().expect("a client")
}
