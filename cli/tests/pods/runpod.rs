//! A server in RunPod's place: its API v2 as documented, its proxy, and real servers as its pods.

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

use crate::harness::{KEY, TOKEN, Workstation};
use crate::order::Order;
use crate::server::Server;

/// How RunPod misbehaves at one kind of request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It answers with a status and a problem document.
    Status(u16),
    /// It asks to wait for so many seconds.
    TooMany(u64),
    /// It does not answer, and does nothing.
    Hang,
    /// It does what was asked for, and does not answer.
    HangAfter,
    /// It answers with a page instead of JSON.
    Page,
}

/// A RunPod that lasts as long as its owner.
pub struct RunPod {
    account: Account,
    url: String,
    _runtime: tokio::runtime::Runtime,
}

type Account = Arc<Mutex<Books>>;

/// What RunPod knows.
#[derive(Default)]
pub struct Books {
    /// The pods.
    pub pods: Vec<Rented>,
    /// Every order that was accepted.
    pub orders: Vec<Value>,
    /// What happens to the next requests, by method and path.
    faults: Vec<(&'static str, Fault)>,
    /// The method and path of every request.
    pub requests: Vec<String>,
    /// Pods come to an end in this state instead of running.
    pub end: Option<&'static str>,
    /// At most so many pods on a page of the list.
    pub page: Option<usize>,
}

/// A pod.
pub struct Rented {
    /// Its identifier.
    pub id: String,
    name: String,
    env: BTreeMap<String, String>,
    /// How far it is.
    pub status: &'static str,
    /// So many requests go to the proxy before the service answers.
    unready: u32,
    /// Its workspace, which outlives the server.
    pub workspace: TempDir,
    server: Option<Server>,
}

impl RunPod {
    /// Starts it.
    pub fn start() -> Self {
        // For the proxy's requests; another test may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let account = Account::default();
        let api = Router::new()
            .route("/v2/pods", get(list).post(create))
            .route("/v2/pods/{id}", get(look))
            .route("/v2/pods/{id}/action", post(act))
            .route_layer(from_fn_with_state(Arc::clone(&account), at_the_door));
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
    pub fn desk(&self) -> Workstation {
        let mut desk = Workstation::new();
        desk.set("RUNPOD_API_KEY", KEY)
            .set("PODSLATE_RUNPOD_API", &self.url)
            .set(
                "PODSLATE_RUNPOD_PROXY",
                format!("{}/proxy/{{id}}", self.url),
            );
        desk.settings("wait = 60\n[runpod]\nimage = \"i\"\ngpu = { id = \"RTX 4090\" }");
        desk
    }

    /// What it knows.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.account.lock().expect("no panic before")
    }

    /// Lets the next requests of a kind, for example `POST /v2/pods`, go wrong.
    pub fn fail(&self, request: &'static str, faults: &[Fault]) {
        let faults = faults.iter().map(|fault| (request, *fault));
        self.books().faults.extend(faults);
    }

    /// A pod that an earlier run started.
    pub fn rent(&self, name: &str, status: &'static str) {
        let env = BTreeMap::from([("PODSLATE_TOKEN".to_owned(), TOKEN.to_owned())]);
        let mut books = self.books();
        let pod = Rented::new(books.pods.len(), name, env, status);
        books.pods.push(pod);
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

    /// What the image does: the project of the environment, then the service.
    fn boot(&mut self) {
        let token = self.env.get("PODSLATE_TOKEN").map(String::as_str);
        let token = token.map(|token| match token {
            "{{ RUNPOD_SECRET_slate }}" => TOKEN,
            token => token,
        });
        if let Some(name) = self.env.get("PROJECT_NAME") {
            let made = std::process::Command::new(env!("CARGO_BIN_EXE_podslate"))
                .args(["new", name, "--via", "local", "--workspace"])
                .arg(self.workspace.path())
                .output();
            assert!(made.is_ok());
        }
        self.server = Some(Server::start_with(self.workspace.path(), 0, token));
    }

    fn go_on(&mut self, end: Option<&'static str>) {
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

    fn told(&self) -> Value {
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

async fn at_the_door(State(account): State<Account>, request: Request, next: Next) -> Response {
    let key = request.headers().get(header::AUTHORIZATION);
    if key.and_then(|key| key.to_str().ok()) != Some(&format!("Bearer {KEY}")) {
        return problem(401, "the key is not valid");
    }
    let path = request.uri().path().to_owned();
    let what = format!("{} {path}", request.method());
    let fault = {
        let mut books = account.lock().expect("no panic before");
        books.requests.push(what.clone());
        let at = books
            .faults
            .iter()
            .position(|(kind, _)| what.starts_with(kind));
        at.map(|at| books.faults.remove(at).1)
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

async fn create(State(account): State<Account>, body: Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return problem(422, &error.to_string()),
    };
    if let Err(what) = order.check() {
        return problem(400, what);
    }
    let mut books = account.lock().expect("no panic before");
    books
        .orders
        .push(serde_json::from_slice(&body).expect("JSON"));
    let pod = Rented::new(books.pods.len(), &order.name, order.env, "PROVISIONING");
    let answer = pod.told();
    books.pods.push(pod);
    (StatusCode::CREATED, axum::Json(answer)).into_response()
}

async fn list(State(account): State<Account>, request: Request) -> Response {
    let books = account.lock().expect("no panic before");
    let from = match request.uri().query() {
        None => 0,
        Some(query) => match query
            .strip_prefix("cursor=c")
            .and_then(|from| from.parse().ok())
        {
            Some(from) => from,
            None => return problem(400, "the query is not known"),
        },
    };
    let size = books.page.unwrap_or(usize::MAX);
    let pods: Vec<Value> = books
        .pods
        .iter()
        .skip(from)
        .take(size)
        .map(Rented::told)
        .collect();
    let next = from + pods.len();
    let mut answer = json!({"pods": pods});
    if next < books.pods.len() {
        answer["nextCursor"] = json!(format!("c{next}"));
    }
    axum::Json(answer).into_response()
}

async fn look(State(account): State<Account>, Path(id): Path<String>) -> Response {
    let mut books = account.lock().expect("no panic before");
    let end = books.end;
    match books.pods.iter_mut().find(|pod| pod.id == id) {
        Some(pod) => {
            let answer = pod.told();
            pod.go_on(end);
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

async fn act(State(account): State<Account>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(Action { action }) = serde_json::from_slice(&body) else {
        return problem(422, "the action is not understood");
    };
    let mut books = account.lock().expect("no panic before");
    match books.pods.iter_mut().find(|pod| pod.id == id) {
        None => problem(404, "no such pod"),
        Some(pod) if action == "start" && pod.status == "EXITED" => {
            pod.status = "PROVISIONING";
            axum::Json(pod.told()).into_response()
        }
        Some(_) => problem(409, "the pod is in another state"),
    }
}

/// The proxy in front of the pods. It lets everybody in, and answers itself while a pod does not.
async fn proxy(
    State(account): State<Account>,
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
        let mut books = account.lock().expect("no panic before");
        let pod = books.pods.iter_mut().find(|pod| pod.id == id);
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
