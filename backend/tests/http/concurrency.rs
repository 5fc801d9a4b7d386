//! Many concurrent requests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::server::Server;

const MANY: usize = 64;

/// Sends requests at once and returns the statuses in order.
async fn at_once(server: &Arc<Server>, path: &'static str, bodies: Vec<Value>) -> Vec<u16> {
    let mut running = JoinSet::new();
    for body in bodies {
        let server = Arc::clone(server);
        running.spawn(async move { server.post(path, &body).await.0 });
    }
    let mut statuses = running.join_all().await;
    statuses.sort_unstable();
    statuses
}

/// Statuses of one success and many refusals.
fn one_of_many(success: u16, refusal: u16) -> Vec<u16> {
    let mut statuses = vec![refusal; MANY - 1];
    statuses.insert(0, success);
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_requests_for_a_name_succeeds() {
    let server = Arc::new(Server::start().await);
    let bodies = vec![json!({"project_name": "Alpha"}); MANY];
    let statuses = at_once(&server, "/api/projects/create", bodies).await;
    assert_eq!(statuses, one_of_many(201, 409));
    server.assert_projects(&["Alpha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_requests_for_conflicting_names_succeeds() {
    let server = Arc::new(Server::start().await);
    let letter = |number: usize, index: usize, letter: char| match number >> index & 1 {
        0 => letter,
        _ => letter.to_ascii_uppercase(),
    };
    let name = |number: usize| -> String {
        let letters = "conflict".chars().enumerate();
        letters
            .map(|(index, it)| letter(number, index, it))
            .collect()
    };
    let body = |number| json!({ "project_name": name(number) });
    let statuses = at_once(
        &server,
        "/api/projects/create",
        (0..MANY).map(body).collect(),
    )
    .await;
    assert_eq!(statuses, one_of_many(201, 409));
    let (_, list) = server.get("/api/projects/list").await;
    assert_eq!(list["projects"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_renames_of_a_project_succeeds() {
    let server = Arc::new(Server::start().await);
    server.create(&["Alpha"]).await;
    let body = |number| json!({"old_name": "Alpha", "new_name": format!("new_{number}")});
    let statuses = at_once(&server, "/rename", (0..MANY).map(body).collect()).await;
    assert_eq!(statuses, one_of_many(200, 404));
    let (_, list) = server.get("/api/projects/list").await;
    let name = list["projects"][0].as_str().expect("a name");
    server.assert_projects(&[name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_renames_to_a_name_succeeds() {
    let server = Arc::new(Server::start().await);
    let names: Vec<String> = (0..MANY).map(|number| format!("old_{number}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.create(&names).await;
    let bodies = names
        .iter()
        .map(|name| json!({"old_name": name, "new_name": "New"}));
    let statuses = at_once(&server, "/rename", bodies.collect()).await;
    assert_eq!(statuses, one_of_many(200, 409));
    names.retain(|name| server.root.join(name).exists());
    names.push("New");
    assert_eq!(names.len(), MANY);
    server.assert_projects(&names);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_only_complete_projects() {
    let server = Arc::new(Server::start().await);
    let is_over = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn({
        let (server, is_over) = (Arc::clone(&server), Arc::clone(&is_over));
        async move {
            let mut seen = BTreeSet::new();
            loop {
                let is_last = is_over.load(Ordering::SeqCst);
                let (status, list) = server.get("/api/projects").await;
                assert_eq!(status, 200);
                for project in list["projects"].as_array().expect("a list") {
                    assert_eq!(project["warnings"], json!([]), "{project}");
                    let name = project["name"].as_str().expect("a name");
                    let (_, details) = server.get(&format!("/api/projects/{name}")).await;
                    let folders = details["folders"].as_object().expect("folders");
                    assert!(
                        !folders.is_empty()
                            && folders.values().all(|exists| *exists == json!(true)),
                        "{name}"
                    );
                    assert_eq!(details["config"]["project_name"], json!(name));
                    seen.insert(name.to_owned());
                }
                if is_last {
                    return seen;
                }
            }
        }
    });
    let names: Vec<String> = (0..MANY).map(|number| format!("many_{number}")).collect();
    let bodies = names.iter().map(|name| json!({ "project_name": name }));
    let statuses = at_once(&server, "/api/projects/create", bodies.collect()).await;
    assert_eq!(statuses, vec![201; MANY]);
    is_over.store(true, Ordering::SeqCst);
    let seen = watcher.await.expect("no incomplete project");
    assert_eq!(seen, names.iter().cloned().collect());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.assert_projects(&names);
}

/// Number of silent connections, unless the environment has another one.
const SILENT: usize = 1000;
const SILENT_VARIABLE: &str = "PODSLATE_TEST_CONNECTIONS";

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_do_not_delay_others() {
    let silent = std::env::var(SILENT_VARIABLE);
    let silent = silent.map_or(SILENT, |text| text.parse().expect("a number"));
    allow_files(2 * silent as u64 + 500);
    let server = Server::start().await;
    let mut connections = Vec::new();
    for _ in 0..silent {
        connections.push(server.connect().await);
    }
    let start = Instant::now();
    let response = server.send(Method::GET, "/health", &[], None).await;
    let taken = start.elapsed();
    println!("{silent} silent connections: /health answered in {taken:?}");
    assert_eq!(response.status, 200);
    assert!(taken < Duration::from_secs(1), "{taken:?}");
    server.create(&["Alpha"]).await;
    server.assert_projects(&["Alpha"]);
}

/// Raises the limit of open files as far as the system allows.
#[cfg(unix)]
fn allow_files(count: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        let current = Some(limit.maximum.map_or(count, |maximum| maximum.min(count)));
        let raised = Rlimit { current, ..limit };
        setrlimit(Resource::Nofile, raised).expect("a limit up to the maximum");
    }
}
