//! A server under test and its client.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use podslate_backend::{Config, Token, Workspace};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;
use testing::{INTERVAL, PATIENCE, Tree};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connection::Connection;
use crate::described::Description;
use crate::response::Response;

/// Token of [`Server::with_token`].
pub const TOKEN: &str = "c4n4ry-0123456789abcdef0123456789";

/// A server at a free port with its own workspace.
pub struct Server {
    /// Address that it listens at.
    pub address: SocketAddr,
    /// Folder of the workspace.
    pub root: PathBuf,
    /// Sender that stops it.
    pub stop: Option<oneshot::Sender<()>>,
    /// Result of `serve`.
    pub ended: JoinHandle<io::Result<()>>,
    /// Description of the API, which every error must agree with.
    pub description: Description,
    client: Client,
    _home: Option<tempfile::TempDir>,
}

impl Server {
    /// Sends the signal to stop.
    pub fn send_stop(&mut self) {
        let stop = self.stop.take().expect("a running server");
        stop.send(()).expect("a server");
    }

    /// Starts a server that requires no token, with an empty workspace.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server that requires [`TOKEN`].
    pub async fn with_token() -> Self {
        let token = Token::new(TOKEN).expect("a valid token");
        Self::start_with(|config| config.token = Some(token)).await
    }

    /// Starts a server with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let root = home.path().join("workspace");
        let mut server = Self::start_at(root, change).await;
        server._home = Some(home);
        server
    }

    /// Starts a server for a workspace that stays.
    pub async fn start_at(root: PathBuf, change: impl FnOnce(&mut Config)) -> Self {
        let worker = podslate_backend::worker().expect("the worker runs");
        let workspace = Workspace::open_or_create(&root, worker).expect("a workspace");
        let mut config = Config::new(workspace);
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(podslate_backend::serve(listener, config, async {
            // A test that drops the sender has ended.
            let _ = stopped.await;
        }));
        let mut server = Self {
            address,
            root,
            stop: Some(stop),
            ended,
            description: Description::default(),
            client: client(),
            _home: None,
        };
        let (status, document) = server.get("/api/openapi.json").await;
        assert_eq!(status, 200);
        server.description = Description::new(document);
        server
    }

    /// Status and JSON body of the response to `GET path`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, &[], None).await.json()
    }

    /// The list, as soon as a condition holds.
    pub async fn list_when(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let (status, body) = self.get("/api/projects").await;
            assert_eq!(status, 200);
            if holds(&body) {
                return body;
            }
            assert!(start.elapsed() < PATIENCE, "not so in time: {body}");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Status and JSON body of the response to `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        let response = self.send(Method::POST, path, &headers, Some(&body)).await;
        response.json()
    }

    /// Creates projects.
    pub async fn create(&self, names: &[&str]) {
        for name in names {
            let body = serde_json::json!({ "project_name": name });
            let (status, body) = self.post("/api/projects/create", &body).await;
            assert_eq!(status, 201, "{body}");
        }
    }

    /// Response to any request. An error must be one that the description lists for the operation.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Response {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.clone(), url);
        let mut request = request.timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.expect("a response");
        let response = Response {
            status: response.status().as_u16(),
            headers: HeaderMap::clone(response.headers()),
            body: body_bytes(response).await,
        };
        self.description.assert_lists(&method, path, &response);
        response
    }

    /// A request to `GET path` that a test sends itself.
    pub fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    /// A new connection, for requests that no well-behaved client sends.
    pub async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    /// Response to bytes that are sent unchanged.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> Response {
        let mut connection = self.connect().await;
        connection.send(bytes.as_ref()).await;
        connection.response().await.expect("a response")
    }

    /// Response to `GET path` with the path sent unchanged.
    pub async fn raw_get(&self, path: &str) -> Response {
        self.raw(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            .await
    }

    /// Folder of a project, as text.
    pub fn path(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    /// Content of the workspace.
    pub fn tree(&self) -> Tree {
        // Recovery runs at the same time and may have a probe file for a moment.
        let start = Instant::now();
        while self.has_probe() && start.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        Tree::read(&self.root).expect("a workspace")
    }

    /// Asserts that the workspace contains complete projects with these names and nothing else.
    #[track_caller]
    pub fn assert_projects(&self, names: &[&str]) {
        self.tree().assert_same(&projects(names));
    }

    fn has_probe(&self) -> bool {
        let entries = std::fs::read_dir(&self.root).into_iter();
        let is_probe = |entry: std::fs::DirEntry| {
            let name = entry.file_name();
            let is_hidden = name.as_encoded_bytes().starts_with(b".podslate-tmp-");
            is_hidden && entry.metadata().is_ok_and(|entry| entry.is_file())
        };
        entries.flatten().flatten().any(is_probe)
    }
}

/// A workspace of complete projects.
pub fn projects(names: &[&str]) -> Tree {
    let mut tree = Tree::default();
    names.iter().for_each(|name| tree.project(name));
    tree
}

/// Names in a folder in order, including hidden ones.
pub fn names(folder: &Path) -> Vec<String> {
    testing::names(folder).expect("a folder")
}

/// Waits until a condition holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "not {what} in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The body of a response. A stream of events has no end.
async fn body_bytes(response: reqwest::Response) -> Vec<u8> {
    let kind = response.headers().get("content-type");
    if kind.is_some_and(|kind| kind == "text/event-stream") {
        return Vec::new();
    }
    response.bytes().await.expect("a body").to_vec()
}

/// A client. It needs a TLS provider even for plain HTTP.
fn client() -> Client {
    // Fails if another test has installed one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The server may close a kept connection at the moment of its next use.
    let builder = Client::builder().pool_max_idle_per_host(0);
    builder.build().expect("a client")
}
