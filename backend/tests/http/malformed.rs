//! Requests that no well-behaved client sends.

use serde_json::json;

use crate::connection::Connection;
use crate::server::{Server, names, projects, until};

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A request that creates a project, with additional headers.
fn create(headers: &str, body: &str) -> String {
    format!(
        "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/json\r\n{headers}\r\n{body}"
    )
}

fn complete(name: &str) -> String {
    let body = json!({ "project_name": name }).to_string();
    create(&format!("content-length: {}\r\n", body.len()), &body)
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused() {
    let server = Server::start().await;
    for filling in [
        format!("x: {}\r\n", "a".repeat(17_000)),
        "x: y\r\n".repeat(3000),
        "x: y\r\n".repeat(150),
        format!("cookie: {}\r\n", "a".repeat(100_000)),
    ] {
        let mut connection = server.connect().await;
        let request = format!("GET /health HTTP/1.1\r\nhost: localhost\r\n{filling}\r\n");
        connection.send(request).await;
        assert_rejected(&mut connection, 431).await;
    }
    let large = format!(
        "GET /health HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "a".repeat(8000)
    );
    assert_eq!(server.raw(large).await.status, 200);
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    let requests = [
        &complete("Alpha"),
        "GET /api/projects/list HTTP/1.1\r\nhost: localhost\r\n\r\n",
        &complete("Alpha"),
        &complete("Beta"),
        "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /api/projects/list HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ];
    connection.send(requests.concat()).await;
    let mut responses = Vec::new();
    for _ in requests {
        responses.push(connection.response().await.expect("a response"));
    }
    let statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
    assert_eq!(statuses, [201, 200, 409, 201, 404, 200]);
    assert_eq!(responses[1].json().1, json!({"projects": ["Alpha"]}));
    assert_eq!(
        responses[5].json().1,
        json!({"projects": ["Alpha", "Beta"]})
    );
    server.assert_projects(&["Alpha", "Beta"]);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    for _ in 0..3 {
        connection.send(HEALTH).await;
        assert_eq!(connection.response().await.expect("a response").status, 200);
    }
}

#[tokio::test]
async fn broken_chunks_are_refused_and_the_connection_closed() {
    let server = Server::start().await;
    let body = r#"{"project_name":"Alpha"}"#;
    for chunks in [
        format!("zz\r\n{body}\r\n0\r\n\r\n"),
        format!("-18\r\n{body}\r\n0\r\n\r\n"),
        format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        format!("18{body}\r\n0\r\n\r\n"),
        format!("17\r\n{body}\r\n0\r\n\r\n"),
        format!("18\r\n{body}0\r\n\r\n"),
        format!("\r\n18\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let mut connection = server.connect().await;
        let request = create("transfer-encoding: chunked\r\n", &chunks);
        connection.send(request + HEALTH).await;
        let response = connection.response().await.expect("a response");
        assert_eq!(response.status, 400, "{chunks:?}");
        assert!(connection.is_closed().await, "{chunks:?}");
    }
    server.assert_projects(&[]);
    let good = format!("10\r\n{}\r\n8\r\n{}\r\n0\r\n\r\n", &body[..16], &body[16..]);
    let response = server
        .raw(create("transfer-encoding: chunked\r\n", &good))
        .await;
    assert_eq!(response.status, 201, "{}", response.text());
}

#[tokio::test]
async fn a_request_with_two_lengths_smuggles_nothing() {
    let server = Server::start().await;
    let body = r#"{"project_name":"Alpha"}"#;
    let smuggled = complete("Smuggled");
    let chunked = format!("18\r\n{body}\r\n0\r\n\r\n");
    for (headers, body) in [
        // Each length alone would end the request at another byte.
        ("content-length: 24\r\ncontent-length: 0\r\n", body),
        ("content-length: 0, 24\r\n", body),
        ("content-length: +24\r\n", body),
        ("content-length: 0x18\r\n", body),
        ("content-length : 24\r\n", body),
        ("transfer-encoding: chunked, identity\r\n", &chunked),
        ("transfer-encoding: identity\r\n", &chunked),
        ("transfer-encoding: xchunked\r\n", &chunked),
    ] {
        let mut connection = server.connect().await;
        connection.send(create(headers, body) + &smuggled).await;
        let response = connection.response().await.expect("a response");
        assert_eq!(response.status, 400, "{headers:?}: {}", response.text());
        assert!(connection.is_closed().await, "{headers:?}");
        server.assert_projects(&[]);
    }
    let mut connection = server.connect().await;
    connection
        .send(create("content-length: 24\r\n", body) + &smuggled)
        .await;
    for _ in 0..2 {
        assert_eq!(connection.response().await.expect("a response").status, 201);
    }
    server.assert_projects(&["Alpha", "Smuggled"]);
}

/// The declared length is ignored, and the connection is not used again.
#[tokio::test]
async fn chunks_beside_a_length_smuggle_nothing() {
    let body = r#"{"project_name":"Alpha"}"#;
    let chunked = format!("18\r\n{body}\r\n0\r\n\r\n");
    for headers in [
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n".to_owned(),
        "content-length: 4\r\ntransfer-encoding: chunked\r\n".to_owned(),
        format!(
            "content-length: {}\r\ntransfer-encoding: chunked\r\n",
            chunked.len() + complete("Smuggled").len()
        ),
    ] {
        let server = Server::start().await;
        let mut connection = server.connect().await;
        let request = create(&headers, &chunked) + &complete("Smuggled");
        connection.send(request).await;
        let response = connection.response().await.expect("a response");
        assert_eq!(response.status, 201, "{headers:?}: {}", response.text());
        assert!(connection.is_closed().await, "{headers:?}");
        server.assert_projects(&["Alpha"]);
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_rejected_and_the_connection_closed() {
    let server = Server::start().await;
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a handshake of TLS\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/3.0\r\n\r\n",
        b"GET  /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /he alth HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: local\0host\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\nhost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: localhost\r\n folded: header\r\n\r\n",
        b"hello\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let mut connection = server.connect().await;
        connection.send(bytes).await;
        let text = String::from_utf8_lossy(bytes);
        if text.starts_with("PRI * HTTP/2.0") {
            assert!(connection.is_closed().await, "{text:?}");
        } else {
            assert_rejected(&mut connection, 400).await;
        }
        assert_eq!(server.raw(HEALTH).await.status, 200);
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_rejected_after_an_http_1_0_request() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    let good = "GET /health HTTP/1.0\r\nhost: localhost\r\nconnection: keep-alive\r\n\r\n";
    connection.send(good).await;
    assert_eq!(connection.response().await.expect("a response").status, 200);
    connection.send("hello\r\n\r\n").await;
    assert_rejected(&mut connection, 400).await;
}

/// Asserts that the server answers with a status and no body, and closes the connection.
async fn assert_rejected(connection: &mut Connection, status: u16) {
    let response = connection.response().await.expect("a response");
    assert_eq!((response.status, response.text()), (status, ""));
    assert!(connection.is_closed().await);
}

/// Requests before the bytes are answered, requests after them are not.
#[tokio::test]
async fn bytes_that_are_not_http_end_a_connection_in_use() {
    let server = Server::start().await;
    for (bytes, status) in [
        ("hello\r\n\r\n", Some(400)),
        ("GET /health HTTP/1.1\r\nno colon\r\n\r\n", Some(400)),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", None),
        (
            &format!("GET /health HTTP/1.1\r\nx: {}", "a".repeat(40_000)),
            Some(431),
        ),
    ] {
        let mut connection = server.connect().await;
        let after = complete("After");
        connection
            .send([&complete("Before"), HEALTH, bytes, &after].concat())
            .await;
        let before = connection.response().await.expect("a response").status;
        assert!([201, 409].contains(&before), "{bytes:?}");
        assert_eq!(connection.response().await.expect("a response").status, 200);
        match status {
            Some(status) => assert_rejected(&mut connection, status).await,
            None => assert!(connection.is_closed().await, "{bytes:?}"),
        }
    }
    server.assert_projects(&["Before"]);
}

#[tokio::test]
async fn unusual_requests_that_are_allowed_are_answered() {
    let server = Server::start().await;
    for (request, status) in [
        (
            "GET http://localhost/health HTTP/1.1\r\nhost: localhost\r\n\r\n",
            200,
        ),
        (
            "GET /health?a=%00&b HTTP/1.1\r\nhost: localhost\r\n\r\n",
            200,
        ),
        ("GET /health HTTP/1.0\r\nhost: localhost\r\n\r\n", 200),
        ("GET health HTTP/1.1\r\nhost: localhost\r\n\r\n", 404),
        ("OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n", 404),
        (
            "CONNECT localhost:80 HTTP/1.1\r\nhost: localhost:80\r\n\r\n",
            404,
        ),
        ("TRACE /health HTTP/1.1\r\nhost: localhost\r\n\r\n", 405),
        (
            "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
            200,
        ),
    ] {
        let response = server.raw(request).await;
        assert_eq!(response.status, status, "{request:?}");
    }
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_a_complete_project_or_none() {
    let server = Server::start().await;
    let requested: Vec<String> = (0..30).map(|number| format!("left_{number}")).collect();
    for (number, name) in requested.iter().enumerate() {
        let mut connection = server.connect().await;
        let request = complete(name);
        match number % 3 {
            // The body is incomplete.
            0 => connection.send(&request[..request.len() - 1]).await,
            _ => connection.send(&request).await,
        }
        match number % 2 {
            0 => connection.reset(),
            _ => drop(connection),
        }
    }
    server.create(&["Control"]).await;
    until("finished", || {
        let names = names(&server.root);
        names.iter().all(|name| !name.starts_with('.'))
    })
    .await;
    let existing = names(&server.root);
    let existing: Vec<&str> = existing.iter().map(String::as_str).collect();
    server.tree().assert_same(&projects(&existing));
    assert!(existing.contains(&"Control"));
    for name in requested.iter().step_by(3) {
        assert!(!existing.contains(&name.as_str()), "{name} was created");
    }
}
