//! The end of a server.

use std::time::{Duration, Instant};

use serde_json::json;
use testing::PATIENCE;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::Server;

#[tokio::test]
async fn an_active_request_is_answered_and_no_other_accepted() {
    let mut server = Server::start().await;
    let body = json!({"project_name": "Alpha"}).to_string();
    let mut active = server.connect().await;
    let head = format!(
        "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    active.send(head).await;
    // The server asks for the body, so the request has reached it.
    assert_eq!(active.response().await.expect("a response").status, 100);
    let mut silent = server.connect().await;
    let mut used = server.connect().await;
    used.send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert_eq!(used.response().await.expect("a response").status, 200);

    server.send_stop();
    let start = Instant::now();
    while TcpStream::connect(server.address).await.is_ok() {
        assert!(start.elapsed() < PATIENCE, "still listening");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(used.is_closed().await);
    assert!(silent.is_closed().await);
    assert!(!server.ended.is_finished());

    active.send(body).await;
    let response = active.response().await.expect("a response");
    assert_eq!(response.status, 201, "{}", response.text());
    assert!(active.is_closed().await);
    let ended = timeout(PATIENCE, &mut server.ended).await.expect("an end");
    ended.expect("no panic").expect("no error");
    assert!(start.elapsed() < Duration::from_secs(5));
    server.assert_projects(&["Alpha"]);
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let mut server = Server::start().await;
    server.create(&["Alpha"]).await;
    let start = Instant::now();
    server.send_stop();
    let ended = timeout(PATIENCE, &mut server.ended).await.expect("an end");
    ended.expect("no panic").expect("no error");
    assert!(start.elapsed() < Duration::from_secs(1));
}
