//! Addresses at which no podslate answers, or one that does not let the program in.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{TOKEN, Workstation, names};
use crate::port;
use crate::server::Server;

/// A server that answers every connection in one way.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    format!("http://{address}")
}

/// A server that reads a request and answers with a text; it sees to it that no token came.
fn says(text: &'static str) -> String {
    server(move |mut stream| {
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap_or_default();
        let request = String::from_utf8_lossy(&request[..length]);
        let text = match request.contains("canary") {
            true => "HTTP/1.1 418 The token was sent to a stranger\r\n\r\n",
            false => text,
        };
        let _ = stream.write_all(text.as_bytes());
    })
}

/// Every command is refused in the same way, and nothing is made anywhere.
fn refused(desk: &Workstation, url: &str, code: &str, sentence: &str) -> Value {
    let commands: [&[&str]; 4] = [
        &["new", "Robot"],
        &["new", "Robot", "--dry-run"],
        &["list"],
        &["rename", "Robot", "Hero"],
    ];
    for command in commands {
        let (exit, answer) = desk.json(&[command, &["--pod", url]].concat());
        let expected = if code == "pod_unauthorized" { 1 } else { 2 };
        assert_eq!(
            (exit, &answer["code"]),
            (expected, &json!(code)),
            "{answer}"
        );
        let text = answer["error"].as_str().expect("a sentence");
        assert!(text.contains(sentence), "{text}");
        assert!(
            answer["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
            "{answer}"
        );
    }
    let told = desk.run(&["new", "Robot", "--pod", url]);
    assert!(
        told.err.contains("error: ") && told.err.contains("\nhint: "),
        "{told:?}"
    );
    assert!(told.out.is_empty() && desk.local().is_empty(), "{told:?}");
    assert!(!desk.path("workspace").exists());
    desk.json(&["new", "Robot", "--pod", url]).1
}

#[test]
fn what_is_no_podslate() {
    let desk = Workstation::new();
    let html =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>";
    refused(
        &desk,
        &says(html),
        "not_a_podslate",
        "its answer is not one of podslate",
    );
    let json = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    refused(
        &desk,
        &says(json),
        "not_a_podslate",
        "its answer is not one of podslate",
    );
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!";
    refused(&desk, &says(missing), "not_a_podslate", "it answers 404");
    let moved = "HTTP/1.1 301 Moved\r\nLocation: https://else.example/x?canary=1\r\n\
                 Content-Length: 0\r\n\r\n";
    refused(
        &desk,
        &says(moved),
        "not_a_podslate",
        "it redirects to https://else.example/x",
    );
    let gateway = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>";
    refused(
        &desk,
        &says(gateway),
        "pod_unreachable",
        "a gateway answers 502",
    );
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{";
    refused(
        &desk,
        &says(endless),
        "pod_unreachable",
        "broke the connection",
    );
    let noise = "SSH-2.0-OpenSSH\r\n";
    refused(
        &desk,
        &says(noise),
        "pod_unreachable",
        "broke the connection",
    );
}

#[test]
fn what_is_closed_or_hangs() {
    let desk = Workstation::new();
    let port = port::free();
    let closed = format!("http://127.0.0.1:{port}");
    refused(
        &desk,
        &closed,
        "pod_unreachable",
        &format!("nothing listens at {closed}"),
    );
    // A token would go through the network as it is, which is worth a warning.
    let warning = "warning: the pod's address starts with http://";
    let away = desk.run(&["list", "--pod", "http://pod.invalid"]);
    assert!(away.err.starts_with(warning), "{away:?}");
    assert!(
        !desk
            .run(&["list", "--pod", &closed])
            .err
            .contains("warning")
    );
    let unknown = "http://pod.invalid";
    refused(
        &desk,
        unknown,
        "pod_unreachable",
        "the host name of http://pod.invalid is not known",
    );

    desk.settings("timeout = 1");
    let silent = server(std::mem::forget);
    refused(
        &desk,
        &silent,
        "pod_unreachable",
        "did not answer within 1 seconds",
    );
    // A pod that hangs in the middle of its answer.
    let begun = server(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
        std::mem::forget(stream);
    });
    refused(
        &desk,
        &begun,
        "pod_unreachable",
        "did not answer within 1 seconds",
    );
}

#[test]
fn a_wrong_token_or_none() {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(workspace.path(), 0, Some(TOKEN));
    let mut desk = Workstation::new();
    desk.set("PODSLATE_TOKEN", "canary-of-another-pod-0123456789");
    refused(
        &desk,
        &server.url,
        "pod_unauthorized",
        "does not know the token that was sent",
    );
    desk.unset("PODSLATE_TOKEN");
    refused(
        &desk,
        &server.url,
        "pod_unauthorized",
        "wants a token, and none is known here",
    );
    assert!(names(workspace.path()).is_empty());
    desk.set("PODSLATE_TOKEN", TOKEN);
    assert_eq!(desk.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
}

#[test]
fn an_address_that_is_none_is_not_repeated() {
    let desk = Workstation::new();
    for url in [
        "localhost:8080",
        "https://u:canary@host/",
        "http://host/#token=canary",
    ] {
        let (code, answer) = desk.json(&["new", "Robot", "--pod", url]);
        assert_eq!(
            (code, &answer["code"]),
            (2, &json!("settings_invalid")),
            "{answer}"
        );
    }
    assert!(!desk.path("workspace").exists());
}

/// A server that a person gave an address for is the one that is meant; the one in the settings
/// leaves this machine as the last way.
#[test]
fn the_pod_of_the_settings_may_be_away() {
    let desk = Workstation::new();
    let port = port::free();
    desk.settings(&format!("url = \"http://127.0.0.1:{port}\""));
    let (code, answer) = desk.json(&["new", "Robot", "--via", "api"]);
    assert_eq!((code, &answer["code"]), (2, &json!("pod_unreachable")));
    assert!(!desk.path("workspace").exists());
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    let why = answer["why"].as_str().expect("a reason");
    assert!(
        why.contains(&format!("nothing listens at http://127.0.0.1:{port}")),
        "{why}"
    );
    assert_eq!(desk.local(), ["Robot"]);
    let next = answer["next"].as_array().expect("commands");
    assert!(
        next[0]
            .as_str()
            .is_some_and(|line| line.starts_with("podslate mount Robot "))
    );
    assert!(
        next[1]
            .as_str()
            .is_some_and(|line| line.starts_with("podslate push Robot "))
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("one");
    let pem = certified.cert.pem();
    let url = tls(certified);
    let mut desk = Workstation::new();
    refused(
        &desk,
        &url,
        "pod_untrusted",
        &format!("is not accepted: {url}"),
    );
    let plain = url.replace("https://", "http://");
    refused(&desk, &plain, "pod_unreachable", "broke the connection");
    // The same server, trusted: the certificate was all that was wrong.
    if cfg!(target_os = "linux") {
        std::fs::write(desk.path("roots.pem"), pem).expect("a file");
        desk.set("SSL_CERT_FILE", desk.path("roots.pem").to_string_lossy());
        assert_eq!(
            desk.json(&["list", "--pod", &url]).1["projects"],
            json!(["Robot"])
        );
    }
    // A server without TLS.
    let plain = says("HTTP/1.1 400 Bad Request\r\n\r\n").replace("http://", "https://");
    refused(&desk, &plain, "not_a_podslate", "does not speak TLS");
}

/// A podslate of few words behind a certificate.
fn tls(certified: rcgen::CertifiedKey<rcgen::KeyPair>) -> String {
    let key = certified
        .signing_key
        .serialize_der()
        .try_into()
        .expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a certificate");
    let config = Arc::new(config);
    let url = server(move |mut stream| {
        let Ok(mut tls) = rustls::ServerConnection::new(Arc::clone(&config)) else {
            return;
        };
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        let mut request = [0; 4096];
        let Ok(length) = stream.read(&mut request) else {
            return;
        };
        let is_health = request[..length].starts_with(b"GET /health");
        let body = match is_health {
            true => json!({"status": "healthy", "workspace": "/w", "version": "1"}),
            false => json!({"projects": ["Robot"]}),
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + &body).as_bytes());
        let _ = stream.flush();
    });
    url.replace("http://127.0.0.1", "https://localhost")
}
