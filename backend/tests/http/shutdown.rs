//! The end of a server.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::{PATIENCE, Server};

#[tokio::test]
async fn a_request_under_way_is_answered_and_no_other_let_in() {
    let mut server = Server::start().await;
    let body = json!({"project_name": "Alpha"}).to_string();
    let mut under_way = server.connect().await;
    let head = format!(
        "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    under_way.send(head).await;
    // The server asks for the body, so the request has reached it.
    assert_eq!(under_way.answer().await.expect("an answer").status, 100);
    let mut silent = server.connect().await;
    let mut used = server.connect().await;
    used.send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert_eq!(used.answer().await.expect("an answer").status, 200);

    server.tell_to_stop();
    let start = Instant::now();
    while TcpStream::connect(server.address).await.is_ok() {
        assert!(start.elapsed() < PATIENCE, "still listening");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(used.is_closed().await);
    assert!(silent.is_closed().await);
    assert!(!server.ended.is_finished());

    under_way.send(body).await;
    let answer = under_way.answer().await.expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(under_way.is_closed().await);
    let ended = timeout(PATIENCE, &mut server.ended).await.expect("an end");
    ended.expect("no panic").expect("no error");
    assert!(start.elapsed() < Duration::from_secs(5));
    server.assert_projects(&["Alpha"]);
}

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let mut server = Server::start().await;
    server.create(&["Alpha"]).await;
    let start = Instant::now();
    server.tell_to_stop();
    let ended = timeout(PATIENCE, &mut server.ended).await.expect("an end");
    ended.expect("no panic").expect("no error");
    assert!(start.elapsed() < Duration::from_secs(1));
}
