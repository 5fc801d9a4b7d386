//! Changes that are sent again with the same `Idempotency-Key`.

use std::fs;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use testing::{INTERVAL, PATIENCE};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::response::{invalid, taken};
use crate::server::Server;

const CREATE: &str = "/api/projects/create";
const MANY: usize = 16;

/// Response to a change with a key.
async fn send(server: &Server, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let body = body.to_string();
    let response = server.send(Method::POST, path, &headers, Some(&body));
    response.await.json()
}

fn named(name: &str) -> Value {
    json!({ "project_name": name })
}

#[tokio::test]
async fn a_repeated_change_is_answered_as_the_first_time_and_not_made_again() {
    let server = Server::start().await;
    let created = send(&server, CREATE, "a", &named("Alpha")).await;
    assert_eq!(created.0, 201);
    let before = server.tree();
    assert_eq!(send(&server, CREATE, "a", &named("Alpha")).await, created);
    let refused = (409, taken("Alpha"));
    assert_eq!(send(&server, CREATE, "b", &named("Alpha")).await, refused);
    assert_eq!(server.post(CREATE, &named("Alpha")).await, refused);
    assert_eq!(server.tree(), before);

    let body = json!({"old_name": "Alpha", "new_name": "Beta"});
    let renamed = send(&server, "/rename", "a", &body).await;
    assert_eq!((renamed.0, &renamed.1["new_name"]), (200, &json!("Beta")));
    server.create(&["Alpha"]).await;
    let before = server.tree();
    assert_eq!(send(&server, "/rename", "a", &body).await, renamed);
    assert_eq!(server.post("/rename", &body).await, (409, taken("Beta")));
    assert_eq!(server.tree(), before);
}

#[tokio::test]
async fn another_body_or_address_with_the_same_key_is_another_change() {
    let server = Server::start().await;
    for name in ["Alpha", "Beta"] {
        let (status, body) = send(&server, CREATE, "a", &named(name)).await;
        assert_eq!((status, &body["project_name"]), (201, &json!(name)));
    }
    let new = json!({"new_name": "Gamma"});
    for old in ["Alpha", "Beta"] {
        let path = format!("/api/projects/{old}/rename");
        let (status, body) = send(&server, &path, "a", &new).await;
        match old {
            "Alpha" => assert_eq!((status, &body["old_name"]), (200, &json!("Alpha"))),
            _ => assert_eq!((status, body), (409, taken("Gamma"))),
        }
    }
    server.assert_projects(&["Beta", "Gamma"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_repeats_wait_for_the_first_and_get_its_response() {
    let server = Arc::new(Server::start().await);
    let mut running = JoinSet::new();
    for _ in 0..MANY {
        let server = Arc::clone(&server);
        running.spawn(async move { send(&server, CREATE, "a", &named("Alpha")).await });
    }
    let responses = running.join_all().await;
    assert_eq!(responses[0].0, 201);
    assert_eq!(responses, vec![responses[0].clone(); MANY]);
    server.assert_projects(&["Alpha"]);
}

#[tokio::test]
async fn a_change_that_failed_is_tried_again() {
    let server = Server::start().await;
    let folder = server.root.join("Alpha");
    fs::create_dir(&folder).unwrap();
    let refused = (409, taken("Alpha"));
    assert_eq!(send(&server, CREATE, "a", &named("Alpha")).await, refused);
    fs::remove_dir(folder).unwrap();
    let created = send(&server, CREATE, "a", &named("Alpha")).await;
    assert_eq!(created.0, 201);
    assert_eq!(send(&server, CREATE, "a", &named("Alpha")).await, created);
    server.assert_projects(&["Alpha"]);
}

#[tokio::test]
async fn a_client_that_left_before_the_response_gets_it_later() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address).await;
    let body = named("Alpha").to_string();
    let head = format!(
        "POST {CREATE} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: a\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    connection.send(head + &body).await;
    let start = std::time::Instant::now();
    while !server.root.join("Alpha").exists() {
        assert!(start.elapsed() < PATIENCE);
        tokio::time::sleep(INTERVAL).await;
    }
    connection.reset();
    let (status, body) = send(&server, CREATE, "a", &named("Alpha")).await;
    assert_eq!((status, &body["project_name"]), (201, &json!("Alpha")));
    server.assert_projects(&["Alpha"]);
}

#[tokio::test]
async fn a_key_that_is_empty_too_long_or_not_printable_is_refused() {
    let server = Server::start().await;
    let reason = "`Idempotency-Key` must have 1 to 128 printable ASCII characters and no spaces";
    for key in ["", &"k".repeat(129), "\u{e9}", "a b"] {
        let response = send(&server, CREATE, key, &named("Alpha")).await;
        assert_eq!(response, (400, invalid(reason)), "{key}");
    }
    server.assert_projects(&[]);
    let longest = send(&server, CREATE, &"k".repeat(128), &named("Alpha")).await;
    assert_eq!(longest.0, 201);
}
