//! Who may come in, and what every answer carries.

use std::collections::BTreeSet;

use podslate_backend::Token;
use reqwest::Method;
use serde_json::json;

use crate::answer::{Answer, error};
use crate::server::Server;

const TOKEN: &str = "c4n4ry-0123456789abcdef0123456789";
const BODY: &str = r#"{"project_name":"Beta","old_name":"Alpha","new_name":"Beta"}"#;

/// The calls without which nobody could sign in, and what they answer to a body that is not theirs.
const OPEN: [(&str, u16); 4] = [
    ("/health", 200),
    ("/api/session", 200),
    ("/api/session/login", 400),
    ("/api/session/logout", 200),
];

async fn with_token() -> Server {
    Server::start_with(|config| config.token = Some(Token::new(TOKEN).expect("a good token"))).await
}

#[tokio::test]
async fn every_call_of_the_description_wants_the_token() {
    let server = with_token().await;
    let (_, description) = server.get("/api/openapi.json").await;
    let mut guarded = 0;
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, call) in methods.as_object().expect("methods") {
            let path = path.replace("{name}", "Alpha");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let headers = [("content-type", "application/json")];
            let body = (method == Method::POST).then_some(BODY);
            let answer = server.send(method, &path, &headers, body).await;
            if call["security"] == json!([{}]) {
                assert!(OPEN.contains(&(path.as_str(), answer.status)), "{path}");
                continue;
            }
            guarded += 1;
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
            assert_eq!(answer.json(), (401, wants_token()), "{path}");
        }
    }
    assert!(guarded >= 7, "{guarded}");
    server.assert_projects(&[]);
}

fn wants_token() -> serde_json::Value {
    error(
        "unauthorized",
        "A token is needed.",
        Some(
            "Open the address that the server printed when it started, or send `Authorization: \
             Bearer <token>`.",
        ),
    )
}

#[tokio::test]
async fn only_the_whole_token_lets_in() {
    let server = with_token().await;
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
        let answer = create(&wrong).await;
        assert_eq!(answer.json(), (401, wants_token()), "{wrong}");
    }
    // Not in the address, where it would end up in logs and histories.
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
async fn the_page_and_the_description_are_open() {
    let server = with_token().await;
    for path in [
        "/",
        "/health",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs.css",
    ] {
        let answer = server.send(Method::GET, path, &[], None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().contains(TOKEN), "{path}");
    }
}

const PUBLIC: &str = "pod1-8080.proxy.runpod.net";

async fn asked_as(server: &Server, host: &str) -> u16 {
    let head = format!("GET /api/projects/list HTTP/1.1\r\n{host}\r\n");
    server.raw(head).await.status
}

#[tokio::test]
async fn only_its_own_names_are_answered() {
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
        let status = asked_as(&server, &format!("host: {host}\r\n")).await;
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
        let status = asked_as(&server, &format!("host: {host}\r\n")).await;
        assert_eq!(status, 403, "{host}");
    }
    for hosts in ["", "host: localhost\r\nhost: evil.example\r\n"] {
        let status = asked_as(&server, hosts).await;
        assert!(matches!(status, 400 | 403), "{hosts:?}: {status}");
    }
    let answer = server
        .raw("GET / HTTP/1.1\r\nhost: evil.example:80\r\n\r\n")
        .await;
    let sentence = "This request is not accepted: the server does not know itself as \
                    `evil.example`; start it with `--public-host evil.example` if that is its name.";
    assert_eq!(answer.json(), (403, error("forbidden", sentence, None)));
}

#[tokio::test]
async fn no_page_of_another_site_changes_anything() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    let own = format!("http://{}", server.address);
    let refused = error(
        "forbidden",
        "This request is not accepted: it comes from a page of another site.",
        None,
    );
    for headers in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost:1")],
        &[("origin", "http://127.0.0.1")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("origin", &format!("{own}.evil.example"))],
    ] {
        for path in [
            "/api/projects/create",
            "/rename",
            "/api/projects/Alpha/rename",
        ] {
            let headers = [&[("content-type", "application/json")], headers].concat();
            let answer = server.send(Method::POST, path, &headers, Some(BODY)).await;
            assert_eq!(answer.json(), (403, refused.clone()), "{path} {headers:?}");
        }
    }
    assert_eq!(server.tree(), before);
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
        let answer = server
            .send(Method::POST, "/api/projects/create", &headers, Some(&body))
            .await;
        assert_eq!(answer.status, 201, "{headers:?}");
    }
}

#[tokio::test]
async fn every_kind_of_answer_keeps_browsers_careful() {
    let server = Server::start().await;
    let json = ("content-type", "application/json");
    let etag = server.send(Method::GET, "/", &[], None).await;
    let etag = etag.header("etag").to_owned();
    let create = r#"{"project_name":"Alpha"}"#;
    let large = " ".repeat(20_000);
    for (status, method, path, header, body) in [
        (200, Method::GET, "/api/projects", json, None),
        (
            201,
            Method::POST,
            "/api/projects/create",
            json,
            Some(create),
        ),
        (400, Method::POST, "/api/projects/create", json, Some("{")),
        (403, Method::POST, "/rename", ("origin", "null"), None),
        (403, Method::GET, "/", ("host", "evil.example"), None),
        (404, Method::GET, "/nothing", json, None),
        (405, Method::PUT, "/health", json, None),
        (
            409,
            Method::POST,
            "/api/projects/create",
            json,
            Some(create),
        ),
        (413, Method::POST, "/rename", json, Some(&large)),
        (
            415,
            Method::POST,
            "/rename",
            ("content-type", "text/plain"),
            Some(""),
        ),
        (200, Method::GET, "/", json, None),
        (304, Method::GET, "/", ("if-none-match", &etag), None),
        (200, Method::HEAD, "/favicon.svg", json, None),
        (200, Method::GET, "/api/docs", json, None),
        (200, Method::GET, "/api/openapi.json", json, None),
    ] {
        let origin = ("origin", "http://evil.example");
        // A page of another site may ask, and reads nothing of the answer.
        let headers = if method == Method::GET {
            vec![header, origin]
        } else {
            vec![header]
        };
        let answer = server.send(method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{path}");
        assert_careful(&answer, path);
        if path.starts_with("/api/projects") || status >= 400 {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
}

/// The headers that every answer has, and none that lets other sites read it.
fn assert_careful(answer: &Answer, path: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(
            answer.header(name),
            value,
            "{name} of {path} with {}",
            answer.status
        );
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "{path}: {policy}"
    );
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    assert!(!answer.header("x-request-id").is_empty(), "{path}");
    let cors = answer
        .headers
        .keys()
        .find(|name| name.as_str().contains("access-control"));
    assert_eq!(cors, None, "{path}");
    assert_eq!(answer.header("server"), "");
}

#[tokio::test]
async fn a_request_keeps_its_name_if_the_log_can_say_it() {
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
        let answer = server.raw([head, id, b"\r\n\r\n"].concat()).await;
        assert_eq!(answer.status, 200);
        let told = answer.header("x-request-id");
        assert_eq!(told.as_bytes() == id, is_kept, "{told}");
        assert!(is_kept || told.len() == 36, "{told}");
    }
}
