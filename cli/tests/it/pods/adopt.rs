//! A pod with a pristine default project, which can get the new name instead.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

#[cfg(unix)]
use super::terminal::at_a_terminal;
use super::workstation::Workstation;

type Bodies = Arc<Mutex<Vec<Value>>>;

/// A pod whose default project `Exhibition` is pristine, and the bodies of its requests.
struct Pod {
    url: String,
    bodies: Bodies,
    _runtime: tokio::runtime::Runtime,
}

impl Pod {
    fn start() -> Self {
        let bodies = Bodies::default();
        let router = Router::new()
            .route("/health", get(health))
            .route("/api/names/{name}", get(check))
            .route("/api/projects/create", post(create))
            .route("/api/projects/{name}/rename", post(rename))
            .with_state(Arc::clone(&bodies));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            bodies,
            _runtime: runtime,
        }
    }

    fn last(&self) -> Value {
        let bodies = self.bodies.lock().expect("no panic before");
        bodies.last().cloned().unwrap_or_default()
    }
}

async fn health() -> Json<Value> {
    Json(json!({"status": "healthy", "workspace": "/workspace", "version": "0.1.0"}))
}

async fn check(Path(name): Path<String>) -> Json<Value> {
    Json(json!({
        "status": "success",
        "project_name": name,
        "available": true,
        "project_path": format!("/workspace/{name}"),
        "adoptable": "Exhibition",
    }))
}

async fn create(
    State(bodies): State<Bodies>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let name = body["project_name"].clone();
    bodies.lock().expect("no panic before").push(body);
    let answer = json!({
        "status": "success",
        "project_name": name,
        "project_path": "/workspace/Robot",
        "message": "Renamed the default\u{1b} project.",
    });
    (StatusCode::CREATED, Json(answer))
}

/// Returns an invalid name for the project `Odd`.
async fn rename(Path(name): Path<String>, Json(body): Json<Value>) -> Json<Value> {
    let new_name = if name == "Odd" {
        json!("../x")
    } else {
        body["new_name"].clone()
    };
    Json(json!({
        "status": "success",
        "old_name": name,
        "new_name": new_name,
        "project_path": "/workspace/Hero",
        "message": "Renamed, but its configuration\u{1b} keeps the old name.",
    }))
}

#[test]
fn the_message_of_the_pod_is_passed_on() {
    let pod = Pod::start();
    let machine = Workstation::new();
    let created = ["new", "Robot", "--adopt-default", "--pod", &pod.url];
    let renamed = ["rename", "Robot", "Hero", "--pod", &pod.url];
    for (command, action, message) in [
        (&created, "created", "Renamed the default project."),
        (
            &renamed,
            "renamed",
            "Renamed, but its configuration keeps the old name.",
        ),
    ] {
        let output = machine.run(command);
        assert_eq!((output.code, output.stdout), (0, format!("{message}\n")));
        let (code, answer) = machine.json(command);
        assert_eq!(
            (code, &answer["action"], &answer["message"]),
            (0, &json!(action), &json!(message))
        );
        assert_eq!(answer["status"], "success");
    }
    let (code, answer) = machine.json(&["rename", "Odd", "Hero", "--pod", &pod.url]);
    assert_eq!((code, &answer["code"]), (2, &json!("not_a_podslate")));
}

#[test]
fn the_default_project_is_only_renamed_on_request() {
    let pod = Pod::start();
    let machine = Workstation::new();
    let command = ["new", "Robot", "--pod", &pod.url];
    assert_eq!(machine.json(&command).0, 0);
    assert_eq!(pod.last(), json!({"project_name": "Robot"}));
    assert_eq!(
        machine
            .json(&[&command[..], &["--adopt-default"]].concat())
            .0,
        0
    );
    assert_eq!(
        pod.last(),
        json!({"project_name": "Robot", "adopt_default": true})
    );
}

#[cfg(unix)]
#[test]
fn at_a_terminal_the_user_is_asked() {
    let pod = Pod::start();
    let machine = Workstation::new();
    for (key, body) in [
        ("n\r", json!({"project_name": "Robot"})),
        (
            "\r",
            json!({"project_name": "Robot", "adopt_default": true}),
        ),
    ] {
        let keys = [("Exhibition", key)];
        let (code, shown) = at_a_terminal(&machine, &["new", "Robot", "--pod", &pod.url], &keys);
        assert_eq!(code, 0, "{shown}");
        assert_eq!(pod.last(), body, "{shown}");
    }
}
