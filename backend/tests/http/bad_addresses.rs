//! Addresses that do not exist, wrong methods, and attempts to leave the workspace.

use std::fs;

use reqwest::Method;

use crate::response::{error, invalid, no_project, not_found};
use podslate_shared::FolderName;

use crate::server::Server;

#[tokio::test]
async fn unknown_addresses_do_not_exist() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    for path in [
        "/api",
        "/api/",
        "/api/projects/",
        "/api/projects/list/",
        "/api/projects/Alpha/",
        "/api/projects/Alpha/config",
        "/api/projects/Alpha/pipeline/config.json",
        "/api/names/",
        "/API/projects/list",
        "//api/projects/list",
        "/api%2Fprojects%2Flist",
        "/health/",
        "/index.php",
        "/.git/config",
        "/workspace/Alpha/pipeline/config.json",
        "/Alpha/pipeline/config.json",
        "/..",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/..%5c..%5cWindows%5cwin.ini",
        "/%00",
        "/index.html%00.png",
        "/api/projects/../../etc/passwd",
        "/api/projects/Alpha/../Alpha",
        "/api/projects/%2e%2e/%2e%2e/etc",
    ] {
        let response = server.raw_get(path).await;
        assert_eq!(response.json(), (404, not_found()), "{path}");
    }
    for path in ["/api/projects/delete", "/api/projects/Alpha/delete"] {
        let response = server.send(Method::DELETE, path, &[], None).await;
        assert!(
            matches!(response.status, 404 | 405),
            "{path}: {}",
            response.status
        );
    }
    assert_eq!(server.tree(), before);
    assert_eq!(server.raw_get("/api/projects/list").await.status, 200);
}

/// Path segments in place of a name that would lead elsewhere.
const ESCAPES: &[&str] = &[
    "%2e%2e",
    "%2E%2E",
    "..",
    "%2e%2e%2fOutside",
    "..%2FOutside",
    "..%5COutside",
    "%2e%2e%5cOutside",
    "%252e%252e%252fOutside",
    "..%252FOutside",
    "..%c0%afOutside",
    "%00",
    "Alpha%00",
    "Alpha%2F..%2FAlpha",
    "Alpha%2Fpipeline",
    "Alpha%20",
    "Alpha.",
    "Alpha::$DATA",
    "%EF%BC%8E%EF%BC%8E",
    "Alpha;x",
    "Alpha+",
    "~",
];

/// Status and code for an address with `path` in the place of a name: a folder could have some of
/// these names.
fn expected(path: &str) -> (u16, Option<&'static str>) {
    let mut bytes = path.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().map_or('?', char::from).to_digit(16);
        decoded.push(match byte {
            b'%' => digit()
                .zip(digit())
                .map_or(b'%', |(a, b)| (a * 16 + b) as u8),
            byte => byte,
        });
    }
    match String::from_utf8(decoded) {
        Err(_) => (400, Some("request_invalid")),
        Ok(name) if FolderName::parse(&name).is_err() => (400, Some("name_invalid")),
        Ok(_) => (404, Some("project_not_found")),
    }
}

#[tokio::test]
async fn escapes_in_place_of_a_name_lead_nowhere() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    // A folder that an escape would reach.
    let outside = server
        .root
        .parent()
        .expect("a folder above")
        .join("Outside");
    fs::create_dir_all(outside.join("0_input")).unwrap();
    let before = server.tree();
    for path in ESCAPES {
        let response = server.raw_get(&format!("/api/projects/{path}")).await;
        let (status, body) = response.json();
        let expected = expected(path);
        assert_eq!((status, body["code"].as_str()), expected, "{path}: {body}");

        let request = r#"{"new_name":"Moved"}"#;
        let response = server
            .raw(format!(
                "POST /api/projects/{path}/rename HTTP/1.1\r\nhost: localhost\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{request}",
                request.len()
            ))
            .await;
        let (status, body) = response.json();
        assert_eq!((status, body["code"].as_str()), expected, "{path}: {body}");
    }
    assert_eq!(server.tree(), before);
    assert!(outside.join("0_input").is_dir());
    assert_eq!(server.raw_get("/api/projects/%41lpha").await.status, 200);
    let response = server.raw_get("/api/projects/Outside").await;
    assert_eq!(response.json(), (404, no_project("Outside")));
}

#[tokio::test]
async fn text_that_is_not_unicode_is_refused() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let refused = invalid("the name in the address is not valid UTF-8");
    for path in [
        "/api/projects/%FF",
        "/api/projects/Alpha%C3",
        "/api/projects/%ED%A0%80",
        "/api/names/%FF",
    ] {
        let response = server.raw_get(path).await;
        assert_eq!(response.json(), (400, refused.clone()), "{path}");
    }
    assert_eq!(server.raw_get("/api/names/%C3%BC").await.status, 200);
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_allowed_ones() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    for (path, allowed) in [
        ("/health", "GET,HEAD"),
        ("/api/projects", "GET,HEAD"),
        ("/api/projects/list", "GET,HEAD"),
        ("/api/projects/create", "GET,HEAD,POST"),
        ("/api/projects/Alpha", "GET,HEAD"),
        ("/api/projects/Alpha/rename", "POST"),
        ("/api/names/Alpha", "GET,HEAD"),
        ("/rename", "POST"),
        ("/api/openapi.json", "GET,HEAD"),
        ("/api/docs", "GET,HEAD"),
        ("/", "GET,HEAD"),
    ] {
        let allows = |method: &Method| allowed.split(',').any(|word| word == method.as_str());
        let methods = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::from_bytes(b"PROPFIND").unwrap(),
        ];
        for method in methods.into_iter().filter(|method| !allows(method)) {
            let response = server.send(method.clone(), path, &[], None).await;
            let sentence = format!("This address does not accept {method} requests.");
            let body = error(
                "method_not_allowed",
                &sentence,
                Some("`/api/docs` describes the API."),
            );
            assert_eq!(response.json(), (405, body), "{method} {path}");
            let mut allow: Vec<_> = response.header("allow").split(',').map(str::trim).collect();
            allow.sort_unstable();
            assert_eq!(allow.join(","), allowed, "{method} {path}");
        }
        let head = server.send(Method::HEAD, path, &[], None).await;
        let status = if allowed == "POST" {
            405
        } else {
            head_status(path)
        };
        assert_eq!((head.status, head.body.len()), (status, 0), "HEAD {path}");
    }
    assert_eq!(server.tree(), before);
}

/// There is no project called `create`.
fn head_status(path: &str) -> u16 {
    if path.ends_with("create") { 404 } else { 200 }
}

#[tokio::test]
async fn long_addresses_are_refused() {
    let server = Server::start().await;
    let long = "a".repeat(8000);
    let response = server.raw_get(&format!("/{long}")).await;
    assert_eq!(response.json(), (404, not_found()));
    let (status, body) = server
        .raw_get(&format!("/api/projects/{long}"))
        .await
        .json();
    assert_eq!((status, &body["rule"]), (400, &"too_long".into()));
    let response = server.raw_get(&format!("/api/projects?q={long}")).await;
    assert_eq!(response.status, 200);
    for length in [17_000, 70_000] {
        let response = server.raw_get(&format!("/{}", "a".repeat(length))).await;
        assert!(
            matches!(response.status, 414 | 431),
            "{length}: {}",
            response.status
        );
    }
    server.assert_projects(&[]);
}
