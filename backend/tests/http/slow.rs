//! Slow clients. These tests take as long as the limits that they wait for.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::connection::Connection;
use crate::server::Server;

/// Limit of the server, and the additional time that a busy machine may need.
const LIMIT: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

/// Sends single bytes until the server responds or closes the connection.
async fn drip(connection: &mut Connection, bytes: &[u8]) -> Option<u16> {
    for byte in bytes.iter().cycle() {
        connection.send([*byte]).await;
        if let Ok(response) = tokio::time::timeout(PAUSE, connection.response()).await {
            return response.map(|response| response.status);
        }
    }
    None
}

async fn assert_healthy(server: &Server) {
    let start = Instant::now();
    let response = server.send(Method::GET, "/health", &[], None).await;
    assert_eq!(response.status, 200);
    assert!(start.elapsed() < Duration::from_secs(1));
}

fn assert_at_the_limit(start: Instant) {
    let taken = start.elapsed();
    assert!(taken > LIMIT - SLACK && taken < LIMIT + SLACK, "{taken:?}");
}

#[tokio::test]
async fn a_slow_head_is_ended_at_the_limit() {
    let server = Server::start().await;
    let start = Instant::now();
    let mut connections = Vec::new();
    for _ in 0..50 {
        let mut connection = server.connect().await;
        connection
            .send("GET /health HTTP/1.1\r\nhost: localhost\r\n")
            .await;
        connections.push(connection);
    }
    let (slow, others) = connections.split_first_mut().expect("connections");
    let status = drip(slow, b"x: y\r\n").await;
    assert!(matches!(status, None | Some(408)), "{status:?}");
    assert_at_the_limit(start);
    assert_healthy(&server).await;
    for other in others {
        assert!(other.is_closed().await);
    }
}

#[tokio::test]
async fn a_slow_body_is_ended_at_the_limit() {
    let server = Server::start().await;
    let start = Instant::now();
    let mut connection = server.connect().await;
    connection
        .send(
            "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: 10000\r\n\r\n\
             {\"project_name\":\"Slow\"}",
        )
        .await;
    assert_healthy(&server).await;
    let status = drip(&mut connection, b" ").await;
    assert_eq!(status, Some(400));
    assert_at_the_limit(start);
    assert!(connection.is_closed().await);
    assert_healthy(&server).await;
    server.assert_projects(&[]);
}

#[tokio::test]
async fn a_silent_connection_is_closed_at_the_limit() {
    let server = Server::start().await;
    let start = Instant::now();
    let mut silent = server.connect().await;
    let mut used = server.connect().await;
    used.send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert_eq!(used.response().await.expect("a response").status, 200);
    assert!(used.is_closed().await);
    assert!(silent.is_closed().await);
    assert_at_the_limit(start);
}
