//! The checks of token, host and origin, and the headers of every response.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::response::{Response, error, unauthorized};
use crate::server::{Server, TOKEN};

const BODY: &str = r#"{"project_name":"Beta","old_name":"Alpha","new_name":"Beta"}"#;

/// Operations that require no token, with the status for a body that is not theirs.
const OPEN: [(&str, u16); 4] = [
    ("/health", 200),
    ("/api/session", 200),
    ("/api/session/login", 400),
    ("/api/session/logout", 200),
];

#[tokio::test]
async fn every_described_operation_but_the_open_ones_requires_the_token() {
    let server = Server::with_token().await;
    let paths = &server.description.document["paths"];
    let mut guarded = 0;
    for (path, item) in paths.as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let path = path.replace("{name}", "Alpha");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let headers = [("content-type", "application/json")];
            let body = (method == Method::POST).then_some(BODY);
            let response = server.send(method, &path, &headers, body).await;
            if operation["security"] == json!([{}]) {
                assert!(OPEN.contains(&(path.as_str(), response.status)), "{path}");
                continue;
            }
            guarded += 1;
            assert_eq!(response.header("www-authenticate"), "Bearer", "{path}");
            assert_eq!(response.json(), (401, unauthorized()), "{path}");
        }
    }
    assert!(guarded >= 7, "{guarded}");
    server.assert_projects(&[]);
}

#[tokio::test]
async fn only_the_whole_token_is_accepted() {
    let server = Server::with_token().await;
    let create = async |authorization: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("authorization", authorization),
        ];
        let body = Some(r#"{"project_name":"Alpha"}"#);
        server
            .send(Method::POST, "/api/projects/create", &headers, body)
            .await
    };
    for wrong in [
        "".to_owned(),
        TOKEN.to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]),
        format!("Bearer {}", &TOKEN[1..]),
        format!("Bearer {TOKEN}0"),
        format!("Bearer {TOKEN} {TOKEN}"),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Bearer {}", TOKEN.replace('9', "8")),
        format!("Basic {TOKEN}"),
        format!("Bearer \"{TOKEN}\""),
    ] {
        let response = create(&wrong).await;
        assert_eq!(response.json(), (401, unauthorized()), "{wrong}");
    }
    // Not in the query, which ends up in logs and histories.
    for query in ["token", "access_token"] {
        let (status, _) = server.get(&format!("/api/projects?{query}={TOKEN}")).await;
        assert_eq!(status, 401);
    }
    server.assert_projects(&[]);
    assert_eq!(create(&format!("Bearer {TOKEN}")).await.status, 201);
    let twice = create(&format!("bearer  {TOKEN}")).await;
    assert_eq!(twice.status, 409, "{}", twice.text());
}

#[tokio::test]
async fn the_page_and_the_description_require_no_token() {
    let server = Server::with_token().await;
    for path in [
        "/",
        "/health",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs.css",
    ] {
        let response = server.send(Method::GET, path, &[], None).await;
        assert_eq!(response.status, 200, "{path}");
        assert!(!response.text().contains(TOKEN), "{path}");
    }
}

const PUBLIC: &str = "pod1-8080.proxy.runpod.net";

async fn status_for(server: &Server, host: &str) -> u16 {
    let head = format!("GET /api/projects/list HTTP/1.1\r\n{host}\r\n");
    server.raw(head).await.status
}

#[tokio::test]
async fn only_requests_for_known_hosts_are_answered() {
    let server =
        Server::start_with(|config| config.hosts = BTreeSet::from([PUBLIC.to_owned()])).await;
    for host in [
        "127.0.0.1",
        "127.0.0.1:8080",
        "10.1.2.3:80",
        "[::1]:8080",
        "[fe80::1]",
        "localhost",
        "LOCALHOST:1",
        "podslate.localhost:8080",
        PUBLIC,
        "POD1-8080.proxy.runpod.net:443",
        "pod1-8080.proxy.runpod.net.",
    ] {
        let status = status_for(&server, &format!("host: {host}\r\n")).await;
        assert_eq!(status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "pod1-8080.proxy.runpod.net.evil.example",
        "x.pod1-8080.proxy.runpod.net",
        "xpod1-8080.proxy.runpod.net",
        "pod2-8080.proxy.runpod.net",
        "127.1",
        "0x7f000001",
        "localhost@evil.example",
        "evil.example#localhost",
        "",
    ] {
        let status = status_for(&server, &format!("host: {host}\r\n")).await;
        assert_eq!(status, 403, "{host}");
    }
    for hosts in ["", "host: localhost\r\nhost: evil.example\r\n"] {
        let status = status_for(&server, hosts).await;
        assert!(matches!(status, 400 | 403), "{hosts:?}: {status}");
    }
    let response = server
        .raw("GET / HTTP/1.1\r\nhost: evil.example:80\r\n\r\n")
        .await;
    let sentence = "The server does not accept this request: `evil.example` is not a known name of \
                    the server; start it with `--public-host evil.example` if it should be.";
    assert_eq!(response.json(), (403, error("forbidden", sentence, None)));
}

async fn assert_changes_refused(server: &Server, headers: &[(&str, &str)], refused: &Value) {
    for path in [
        "/api/projects/create",
        "/rename",
        "/api/projects/Alpha/rename",
    ] {
        let headers = [&[("content-type", "application/json")], headers].concat();
        let response = server.send(Method::POST, path, &headers, Some(BODY)).await;
        assert_eq!(
            response.json(),
            (403, refused.clone()),
            "{path} {headers:?}"
        );
    }
}

#[tokio::test]
async fn pages_of_other_sites_cannot_change_anything() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    let own = format!("http://{}", server.address);
    let refused = |reason: &str| {
        let sentence = format!("The server does not accept this request: {reason}.");
        error("forbidden", &sentence, None)
    };
    let unknown = |address: &str, name: &str| {
        refused(&format!(
            "it comes from a page of another site, `{address}`; if a proxy serves this server \
             there, start it with `--public-host {name}`"
        ))
    };
    let other = refused("it comes from a page of another site");
    let evil = format!("{}.evil.example", server.address);
    for (headers, refused) in [
        (
            &[("origin", "http://evil.example")][..],
            unknown("evil.example", "evil.example"),
        ),
        (&[("origin", "null")], other.clone()),
        (&[("origin", "http://a b")], other.clone()),
        (&[("origin", "http://")], other.clone()),
        (
            &[("origin", &own), ("origin", "http://evil.example")],
            other.clone(),
        ),
        (
            &[("origin", "http://localhost:1")],
            unknown("localhost:1", "localhost"),
        ),
        (
            &[("origin", "http://127.0.0.1")],
            unknown("127.0.0.1", "127.0.0.1"),
        ),
        (&[("sec-fetch-site", "cross-site")], other.clone()),
        (&[("sec-fetch-site", "same-site")], other.clone()),
        (
            &[("sec-fetch-site", "cross-site"), ("origin", &own)],
            other.clone(),
        ),
        (&[("origin", &format!("http://{evil}"))], other.clone()),
    ] {
        assert_changes_refused(&server, headers, &refused).await;
    }
    assert_eq!(server.tree(), before);
}

#[tokio::test]
async fn the_own_page_and_programs_can_change_projects() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    for (number, headers) in [
        &[("origin", own.as_str())][..],
        &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[],
    ]
    .iter()
    .enumerate()
    {
        let headers = [&[("content-type", "application/json")], *headers].concat();
        let body = json!({"project_name": format!("Own_{number}")}).to_string();
        let response = server
            .send(Method::POST, "/api/projects/create", &headers, Some(&body))
            .await;
        assert_eq!(response.status, 201, "{headers:?}");
    }
}

#[tokio::test]
async fn every_kind_of_response_makes_browsers_strict() {
    let server = Server::start().await;
    let json = ("content-type", "application/json");
    let etag = server.send(Method::GET, "/", &[], None).await;
    let etag = etag.header("etag").to_owned();
    let create = Some(r#"{"project_name":"Alpha"}"#);
    let large = " ".repeat(20_000);
    let text = ("content-type", "text/plain");
    for (status, method, path, header, body) in [
        (200, Method::GET, "/api/projects", json, None),
        (201, Method::POST, "/api/projects/create", json, create),
        (400, Method::POST, "/api/projects/create", json, Some("{")),
        (403, Method::POST, "/rename", ("origin", "null"), None),
        (403, Method::GET, "/", ("host", "evil.example"), None),
        (404, Method::GET, "/nothing", json, None),
        (405, Method::PUT, "/health", json, None),
        (409, Method::POST, "/api/projects/create", json, create),
        (413, Method::POST, "/rename", json, Some(&large)),
        (415, Method::POST, "/rename", text, Some("")),
        (200, Method::GET, "/", json, None),
        (304, Method::GET, "/", ("if-none-match", &etag), None),
        (200, Method::HEAD, "/favicon.svg", json, None),
        (200, Method::GET, "/api/docs", json, None),
        (200, Method::GET, "/api/openapi.json", json, None),
    ] {
        let origin = ("origin", "http://evil.example");
        // A page of another site may send the request, but cannot read the response.
        let headers = if method == Method::GET {
            vec![header, origin]
        } else {
            vec![header]
        };
        let response = server.send(method, path, &headers, body).await;
        assert_eq!(response.status, status, "{path}");
        assert_strict(&response, path);
        if path.starts_with("/api/projects") || status >= 400 {
            assert_eq!(response.header("cache-control"), "no-store", "{path}");
        }
    }
}

/// Asserts the headers of every response, and that none lets other sites read it.
fn assert_strict(response: &Response, path: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(
            response.header(name),
            value,
            "{name} of {path} with {}",
            response.status
        );
    }
    let policy = response.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "{path}: {policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    assert!(!response.header("x-request-id").is_empty(), "{path}");
    let cors = response
        .headers
        .keys()
        .find(|name| name.as_str().contains("access-control"));
    assert_eq!(cors, None, "{path}");
    assert_eq!(response.header("server"), "");
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_can_be_logged() {
    let server = Server::start().await;
    let long = "a".repeat(129);
    for (id, is_kept) in [
        (&b"mine-1"[..], true),
        (&long.as_bytes()[..128], true),
        (long.as_bytes(), false),
        (b"a\x82b", false),
        (b"Bj\xC3\xB8rn", false),
    ] {
        let head = b"GET /health HTTP/1.1\r\nhost: localhost\r\nx-request-id: ";
        let response = server.raw([head, id, b"\r\n\r\n"].concat()).await;
        assert_eq!(response.status, 200);
        let received = response.header("x-request-id");
        assert_eq!(received.as_bytes() == id, is_kept, "{received}");
        assert!(is_kept || received.len() == 36, "{received}");
    }
}
