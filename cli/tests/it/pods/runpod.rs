//! A server that stands in for RunPod: its documented API v2, its proxy, and real servers as pods.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use testing::Server;

use super::pod_spec::PodSpec;
use super::workstation::{KEY, TOKEN, Workstation};
use crate::program::{podslate, serve, serve_with_token, stdout};

/// A fault of RunPod in its response to a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A status and a problem document.
    Status(u16),
    /// A request to wait for this number of seconds.
    TooMany(u64),
    /// No response, and nothing is done.
    Hang,
    /// No response, although the request is carried out.
    HangAfter,
    /// A page instead of JSON.
    Page,
}

/// A RunPod that ends when it is dropped.
pub struct RunPod {
    account: SharedAccount,
    url: String,
    _runtime: tokio::runtime::Runtime,
}

type SharedAccount = Arc<Mutex<Account>>;

/// An account at RunPod.
#[derive(Default)]
pub struct Account {
    /// The pods.
    pub pods: Vec<Rented>,
    /// Every pod that was requested and accepted.
    pub specs: Vec<Value>,
    /// Faults of the next requests, by method and path.
    faults: Vec<(&'static str, Fault)>,
    /// Method and path of every request.
    pub requests: Vec<String>,
    /// State in which pods end instead of running.
    pub end: Option<&'static str>,
    /// Maximum number of pods on a page of the list.
    pub page: Option<usize>,
}

/// A pod.
pub struct Rented {
    /// Identifier.
    pub id: String,
    name: String,
    env: BTreeMap<String, String>,
    /// State.
    pub status: &'static str,
    /// Number of requests that fail at the proxy before the service answers.
    unready: u32,
    /// Workspace, which outlives the server.
    pub workspace: TempDir,
    server: Option<Server>,
}

impl RunPod {
    /// Starts a RunPod with an empty account.
    pub fn start() -> Self {
        // For the proxy's requests; another test may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let account = SharedAccount::default();
        let api = Router::new()
            .route("/v2/pods", get(list).post(create))
            .route("/v2/pods/{id}", get(get_pod))
            .route("/v2/pods/{id}/action", post(act))
            .route_layer(from_fn_with_state(Arc::clone(&account), check_request));
        let proxy = Router::new().route("/proxy/{id}/{*path}", any(proxy));
        let router = api.merge(proxy).with_state(Arc::clone(&account));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        listener.set_nonblocking(true).expect("a listener");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            account,
            url,
            _runtime: runtime,
        }
    }

    /// A workstation that rents pods here.
    pub fn machine(&self) -> Workstation {
        let mut machine = Workstation::new();
        machine
            .set("RUNPOD_API_KEY", KEY)
            .set("PODSLATE_RUNPOD_API", &self.url)
            .set(
                "PODSLATE_RUNPOD_PROXY",
                format!("{}/proxy/{{id}}", self.url),
            );
        machine.settings("wait = 60\n[runpod]\nimage = \"i\"\ngpu = { id = \"RTX 4090\" }");
        machine
    }

    /// The account.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().expect("no panic before")
    }

    /// Makes the next requests of a kind, for example `POST /v2/pods`, fail.
    pub fn fail(&self, request: &'static str, faults: &[Fault]) {
        let faults = faults.iter().map(|fault| (request, *fault));
        self.account().faults.extend(faults);
    }

    /// Adds a pod that an earlier run started.
    pub fn rent(&self, name: &str, status: &'static str) {
        let env = BTreeMap::from([("PODSLATE_TOKEN".to_owned(), TOKEN.to_owned())]);
        let mut account = self.account();
        let pod = Rented::new(account.pods.len(), name, env, status);
        account.pods.push(pod);
    }
}

impl Rented {
    fn new(number: usize, name: &str, env: BTreeMap<String, String>, status: &'static str) -> Self {
        let mut pod = Self {
            id: format!("pod{number}"),
            name: name.to_owned(),
            env,
            status,
            unready: 2,
            workspace: tempfile::tempdir().expect("a directory"),
            server: None,
        };
        if status == "RUNNING" {
            pod.boot();
        }
        pod
    }

    /// Starts like an image: the project of the environment, then the service.
    fn boot(&mut self) {
        if let Some(name) = self.env.get("PROJECT_NAME") {
            let args = ["new", name, "--via", "local"];
            stdout(&mut podslate(self.workspace.path(), &args));
        }
        let token = self.env.get("PODSLATE_TOKEN").map(String::as_str);
        self.server = Some(match token {
            None => serve(self.workspace.path()),
            Some("{{ RUNPOD_SECRET_slate }}") => serve_with_token(self.workspace.path(), TOKEN),
            Some(token) => serve_with_token(self.workspace.path(), token),
        });
    }

    fn advance(&mut self, end: Option<&'static str>) {
        self.status = match (self.status, end) {
            ("PROVISIONING", _) => "STARTING",
            ("STARTING", Some(end)) => end,
            ("STARTING", None) => {
                self.boot();
                "RUNNING"
            }
            (other, _) => other,
        };
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "image": "i",
            "cost": {"perHour": 0.4},
            "runtime": null,
            "actions": ["stop", "terminate"],
        })
    }
}

async fn check_request(
    State(account): State<SharedAccount>,
    request: Request,
    next: Next,
) -> Response {
    let key = request.headers().get(header::AUTHORIZATION);
    if key.and_then(|key| key.to_str().ok()) != Some(&format!("Bearer {KEY}")) {
        return problem(401, "the key is not valid");
    }
    let path = request.uri().path().to_owned();
    let request_line = format!("{} {path}", request.method());
    let fault = {
        let mut account = account.lock().expect("no panic before");
        account.requests.push(request_line.clone());
        let at = account
            .faults
            .iter()
            .position(|(kind, _)| request_line.starts_with(kind));
        at.map(|at| account.faults.remove(at).1)
    };
    match fault {
        None => next.run(request).await,
        Some(Fault::Status(status)) => {
            problem(status, "it is so; the key was canary-key-0123456789abcdef")
        }
        Some(Fault::TooMany(seconds)) => {
            let mut response = problem(429, "slow down");
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Some(Fault::Page) => (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response(),
        Some(Fault::HangAfter) => {
            next.run(request).await;
            hang().await
        }
        Some(Fault::Hang) => hang().await,
    }
}

async fn hang() -> Response {
    tokio::time::sleep(Duration::from_secs(600)).await;
    problem(500, "too late")
}

async fn create(State(account): State<SharedAccount>, body: Bytes) -> Response {
    let spec: PodSpec = match serde_json::from_slice(&body) {
        Ok(spec) => spec,
        Err(error) => return problem(422, &error.to_string()),
    };
    if let Err(rule) = spec.check() {
        return problem(400, rule);
    }
    let mut account = account.lock().expect("no panic before");
    account
        .specs
        .push(serde_json::from_slice(&body).expect("JSON"));
    let pod = Rented::new(account.pods.len(), &spec.name, spec.env, "PROVISIONING");
    let answer = pod.to_json();
    account.pods.push(pod);
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

async fn list(State(account): State<SharedAccount>, request: Request) -> Response {
    let account = account.lock().expect("no panic before");
    let from = match request.uri().query() {
        None => 0,
        Some(query) => match query
            .strip_prefix("cursor=c")
            .and_then(|from| from.parse().ok())
        {
            Some(from) => from,
            None => return problem(400, "unknown query"),
        },
    };
    let size = account.page.unwrap_or(usize::MAX);
    let pods: Vec<Value> = account
        .pods
        .iter()
        .skip(from)
        .take(size)
        .map(Rented::to_json)
        .collect();
    let next = from + pods.len();
    let mut answer = json!({"pods": pods});
    if next < account.pods.len() {
        answer["nextCursor"] = json!(format!("c{next}"));
    }
    axum::Json(answer).into_response()
}

async fn get_pod(State(account): State<SharedAccount>, Path(id): Path<String>) -> Response {
    let mut account = account.lock().expect("no panic before");
    let end = account.end;
    match account.pods.iter_mut().find(|pod| pod.id == id) {
        Some(pod) => {
            let answer = pod.to_json();
            pod.advance(end);
            axum::Json(answer).into_response()
        }
        None => problem(404, "no such pod"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    action: String,
}

async fn act(
    State(account): State<SharedAccount>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let Ok(Action { action }) = serde_json::from_slice(&body) else {
        return problem(422, "unknown action");
    };
    let mut account = account.lock().expect("no panic before");
    match account.pods.iter_mut().find(|pod| pod.id == id) {
        None => problem(404, "no such pod"),
        Some(pod) if action == "start" && pod.status == "EXITED" => {
            pod.status = "PROVISIONING";
            axum::Json(pod.to_json()).into_response()
        }
        Some(pod) if action == "stop" && pod.status == "RUNNING" => {
            pod.status = "EXITED";
            pod.server = None;
            axum::Json(pod.to_json()).into_response()
        }
        Some(_) => problem(409, "the pod is in another state"),
    }
}

/// The proxy of the pods. It accepts every request, and responds itself while a pod does not.
async fn proxy(
    State(account): State<SharedAccount>,
    Path((id, path)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let gone = || {
        (
            StatusCode::BAD_GATEWAY,
            "<html>the pod does not answer</html>",
        )
            .into_response()
    };
    let target = {
        let mut account = account.lock().expect("no panic before");
        let pod = account.pods.iter_mut().find(|pod| pod.id == id);
        let Some(pod) = pod.filter(|pod| pod.status == "RUNNING") else {
            return gone();
        };
        if pod.unready > 0 {
            pod.unready -= 1;
            return gone();
        }
        let Some(server) = &pod.server else {
            return gone();
        };
        format!("{}{path}", server.url)
    };
    let method = request.method().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a body");
    let mut forward = reqwest::Client::new().request(method, target).body(body);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        if let Some(value) = headers.get(&name) {
            forward = forward.header(name, value);
        }
    }
    let Ok(answer) = forward.send().await else {
        return gone();
    };
    let status = answer.status();
    (status, answer.bytes().await.unwrap_or_default()).into_response()
}

fn problem(status: u16, detail: &str) -> Response {
    let code = StatusCode::from_u16(status).expect("a status");
    let document = json!({
        "title": code.canonical_reason(),
        "status": status,
        "detail": detail,
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (code, kind, document.to_string()).into_response()
}
