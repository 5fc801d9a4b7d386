//! Bodies that an operation does not accept.

use reqwest::Method;
use serde_json::json;

use crate::response::{Response, error, invalid};
use crate::server::Server;

const CREATE: &str = "/api/projects/create";
const JSON: (&str, &str) = ("content-type", "application/json");
const NO_OBJECT: &str = "the body must be a JSON object";
/// Maximum size of a body, in bytes.
const MAX_SIZE: usize = 16 * 1024;

async fn send(server: &Server, path: &str, body: &str) -> Response {
    server.send(Method::POST, path, &[JSON], Some(body)).await
}

#[tokio::test]
async fn broken_json_is_refused() {
    let server = Server::start().await;
    let deep = format!("{{\"project_name\":\"Deep\",\"x\":{}", "[".repeat(10_000));
    for (body, reason) in [
        ("", "EOF while parsing a value"),
        ("{", "EOF while parsing an object"),
        (r#"{"project_name""#, "EOF while parsing an object"),
        (r#"{"project_name":"Alp"#, "EOF while parsing a string"),
        (r#"{"project_name":"Alpha""#, "EOF while parsing an object"),
        (r#"{"project_name":"Alpha"}}"#, "trailing characters"),
        (r#"{"project_name":"Alpha",}"#, "trailing comma"),
        (r#"{'project_name':'Alpha'}"#, "key must be a string"),
        (r#"{"project_name":"Al\qpha"}"#, "invalid escape"),
        (
            r#"{"project_name":"\ud800"}"#,
            "unexpected end of hex escape",
        ),
        ("project_name=Alpha", NO_OBJECT),
        ("\u{FEFF}{\"project_name\":\"Alpha\"}", NO_OBJECT),
        (&deep, "EOF while parsing a list"),
    ] {
        let response = send(&server, CREATE, body).await;
        assert_eq!(response.json(), (400, invalid(reason)), "{body:.60}");
    }
    server.assert_projects(&[]);
    assert_eq!(
        send(&server, CREATE, r#"{"project_name":"Alpha"}"#)
            .await
            .status,
        201
    );
}

/// An address, a body with the wrong shape, and the reason in the error.
const OTHER_SHAPES: &[(&str, &str, &str)] = &[
    (CREATE, "null", NO_OBJECT),
    (CREATE, "true", NO_OBJECT),
    (CREATE, "7", NO_OBJECT),
    (CREATE, r#""Beta""#, NO_OBJECT),
    (CREATE, "[]", NO_OBJECT),
    (CREATE, r#"["Beta"]"#, NO_OBJECT),
    (CREATE, r#" [{"project_name":"Beta"}]"#, NO_OBJECT),
    (CREATE, "{}", "missing field `project_name`"),
    (CREATE, r#"{"name":"Beta"}"#, "missing field `project_name`"),
    (
        CREATE,
        r#"{"Project_Name":"Beta"}"#,
        "missing field `project_name`",
    ),
    (
        CREATE,
        r#"{"project_name":null}"#,
        "invalid type: null, expected a string",
    ),
    (
        CREATE,
        r#"{"project_name":7}"#,
        "invalid type: integer `7`, expected a string",
    ),
    (
        CREATE,
        r#"{"project_name":["Beta"]}"#,
        "invalid type: sequence, expected a string",
    ),
    (
        CREATE,
        r#"{"project_name":{"a":"Beta"}}"#,
        "invalid type: map, expected a string",
    ),
    (
        CREATE,
        r#"{"project_name":"Beta","project_name":"Gamma"}"#,
        "duplicate field `project_name`",
    ),
    ("/rename", r#"["Alpha","Beta"]"#, NO_OBJECT),
    (
        "/rename",
        r#"{"old_name":"Alpha"}"#,
        "missing field `new_name`",
    ),
    (
        "/rename",
        r#"{"new_name":"Beta"}"#,
        "missing field `old_name`",
    ),
    (
        "/rename",
        r#"{"old_name":"Alpha","new_name":false}"#,
        "invalid type: boolean `false`, expected a string",
    ),
    ("/api/projects/Alpha/rename", r#"["Beta"]"#, NO_OBJECT),
    (
        "/api/projects/Alpha/rename",
        "{}",
        "missing field `new_name`",
    ),
    (
        "/api/projects/Alpha/rename",
        r#"{"new_name":null}"#,
        "invalid type: null, expected a string",
    ),
];

#[tokio::test]
async fn json_of_the_wrong_shape_is_refused() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    for (path, body, reason) in OTHER_SHAPES {
        let response = send(&server, path, body).await;
        assert_eq!(response.json(), (400, invalid(reason)), "{path} {body}");
    }
    assert_eq!(server.tree(), before);
    let response = send(
        &server,
        "/rename",
        r#"{"old_name":"Alpha","new_name":"Beta"}"#,
    )
    .await;
    assert_eq!(response.status, 200, "{}", response.text());
}

#[tokio::test]
async fn a_body_that_is_not_unicode_is_refused() {
    let server = Server::start().await;
    let head = "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\ncontent-length: 23\r\n\r\n";
    let request = [head.as_bytes(), b"{\"project_name\":\"Al\xFFha\"}"].concat();
    let response = server.raw(request).await;
    assert_eq!(
        response.json(),
        (400, invalid("invalid unicode code point"))
    );
    server.assert_projects(&[]);
}

#[tokio::test]
async fn only_a_body_declared_as_json_is_read() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    let unsupported = error(
        "unsupported_media_type",
        "The request body is not JSON.",
        Some("Send the header `Content-Type: application/json`."),
    );
    for (path, body) in [
        (CREATE, r#"{"project_name":"Beta"}"#),
        ("/rename", r#"{"old_name":"Alpha","new_name":"Beta"}"#),
        ("/api/projects/Alpha/rename", r#"{"new_name":"Beta"}"#),
    ] {
        for kind in [
            None,
            Some("text/plain"),
            Some("text/json"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=application/json"),
            Some("application/jsonp"),
            Some("text/plain; application/json"),
            Some(""),
        ] {
            let headers: Vec<_> = kind.iter().map(|kind| ("content-type", *kind)).collect();
            let response = server.send(Method::POST, path, &headers, Some(body)).await;
            assert_eq!(
                response.json(),
                (415, unsupported.clone()),
                "{path} {kind:?}"
            );
        }
    }
    assert_eq!(server.tree(), before);
    assert_eq!(
        send(&server, CREATE, r#"{"project_name":"Beta"}"#)
            .await
            .status,
        201
    );
}

/// A body that creates a project, padded with spaces to a length.
fn of_length(name: &str, length: usize) -> String {
    let body = json!({"project_name": name}).to_string();
    let spaces = " ".repeat(length - body.len());
    body + &spaces
}

/// A request with a chunked body, whose length is not declared.
fn chunked(body: &str) -> String {
    let mut request = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    for piece in body.as_bytes().chunks(1000) {
        let text = std::str::from_utf8(piece).expect("ASCII");
        request += &format!("{:x}\r\n{text}\r\n", piece.len());
    }
    request + "0\r\n\r\n"
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = Server::start().await;
    let too_large = error(
        "body_too_large",
        "The request body is larger than 16 KiB.",
        None,
    );
    for length in [MAX_SIZE + 1, 200_000] {
        let body = of_length("Large", length);
        let response = send(&server, CREATE, &body).await;
        assert_eq!(response.json(), (413, too_large.clone()), "{length}");
        let response = server.raw(chunked(&body)).await;
        assert_eq!(
            response.json(),
            (413, too_large.clone()),
            "{length} chunked"
        );
    }
    server.assert_projects(&[]);

    let response = send(&server, CREATE, &of_length("Whole", MAX_SIZE)).await;
    assert_eq!(response.status, 201, "{}", response.text());
    let response = server.raw(chunked(&of_length("Chunked", MAX_SIZE))).await;
    assert_eq!(response.status, 201, "{}", response.text());
    server.assert_projects(&["Whole", "Chunked"]);
}

#[tokio::test]
async fn a_body_that_is_declared_too_large_is_not_waited_for() {
    let server = Server::start().await;
    let head = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 99999999999\r\n\r\n"
    );
    let response = server.raw(head).await;
    assert_eq!(response.status, 413, "{}", response.text());
}
