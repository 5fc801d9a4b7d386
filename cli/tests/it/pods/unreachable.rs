//! Addresses at which no podslate answers, or one that rejects the credentials.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

use testing::port;

use super::workstation::{TOKEN, Workstation, names};
use crate::program::serve_with_token;

/// A server that treats every connection in one way.
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

/// A server that reads a request and responds with a text, provided that no token came.
fn responds(text: &'static str) -> String {
    server(move |mut stream| {
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap_or_default();
        let request = String::from_utf8_lossy(&request[..length]);
        let text = if request.contains("canary") {
            "HTTP/1.1 418 The token was sent to an unknown server\r\n\r\n"
        } else {
            text
        };
        let _ = stream.write_all(text.as_bytes());
    })
}

/// Asserts that every command is refused in the same way and nothing is created.
fn refused(machine: &Workstation, url: &str, code: &str, sentence: &str) -> Value {
    let commands: [&[&str]; 4] = [
        &["new", "Robot"],
        &["new", "Robot", "--dry-run"],
        &["list"],
        &["rename", "Robot", "Hero"],
    ];
    for command in commands {
        let (exit, answer) = machine.json(&[command, &["--pod", url]].concat());
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
    let output = machine.run(&["new", "Robot", "--pod", url]);
    assert!(
        output.stderr.contains("error: ") && output.stderr.contains("\nhint: "),
        "{output:?}"
    );
    assert!(
        output.stdout.is_empty() && machine.local().is_empty(),
        "{output:?}"
    );
    assert!(!machine.path("workspace").exists());
    machine.json(&["new", "Robot", "--pod", url]).1
}

#[test]
fn a_server_that_is_no_podslate_is_recognized() {
    let machine = Workstation::new();
    for (response, code, sentence) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
            "not_a_podslate",
            "its response is not one of podslate",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}",
            "not_a_podslate",
            "its response is not one of podslate",
        ),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!",
            "not_a_podslate",
            "it responded with status 404",
        ),
        (
            "HTTP/1.1 301 Moved\r\nLocation: https://else.example/x?canary=1\r\n\
             Content-Length: 0\r\n\r\n",
            "not_a_podslate",
            "it redirects to https://else.example/x",
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
            "pod_unreachable",
            "responded with status 502",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
            "pod_unreachable",
            "closed the connection",
        ),
        (
            "SSH-2.0-OpenSSH\r\n",
            "pod_unreachable",
            "closed the connection",
        ),
    ] {
        refused(&machine, &responds(response), code, sentence);
    }
}

#[test]
fn a_closed_port_and_a_pod_that_hangs_are_unreachable() {
    let machine = Workstation::new();
    let port = port::free();
    let closed = format!("http://127.0.0.1:{port}");
    refused(
        &machine,
        &closed,
        "pod_unreachable",
        &format!("nothing listens at {closed}"),
    );
    // The token would be sent in the clear, which deserves a warning.
    let warning = "warning: the pod's address starts with `http://`";
    let away = machine.run(&["list", "--pod", "http://pod.invalid"]);
    assert!(away.stderr.starts_with(warning), "{away:?}");
    assert!(
        !machine
            .run(&["list", "--pod", &closed])
            .stderr
            .contains("warning")
    );
    let unknown = "http://pod.invalid";
    refused(
        &machine,
        unknown,
        "pod_unreachable",
        "the host name of http://pod.invalid is not known",
    );

    machine.settings("timeout = 1");
    let silent = server(std::mem::forget);
    refused(
        &machine,
        &silent,
        "pod_unreachable",
        "did not respond within 1 second",
    );
    // A pod that hangs in the middle of its response.
    let begun = server(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
        std::mem::forget(stream);
    });
    refused(
        &machine,
        &begun,
        "pod_unreachable",
        "did not respond within 1 second",
    );
}

#[test]
fn a_wrong_and_a_missing_token_are_rejected() {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = serve_with_token(workspace.path(), TOKEN);
    let mut machine = Workstation::new();
    machine.set("PODSLATE_TOKEN", "canary-of-another-pod-0123456789");
    refused(
        &machine,
        &server.url,
        "pod_unauthorized",
        "does not accept the token that was sent",
    );
    machine.unset("PODSLATE_TOKEN");
    refused(
        &machine,
        &server.url,
        "pod_unauthorized",
        "requires a token, and none is known here",
    );
    assert!(names(workspace.path()).is_empty());
    machine.set("PODSLATE_TOKEN", TOKEN);
    assert_eq!(machine.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
}

#[test]
fn an_invalid_address_is_not_repeated() {
    let machine = Workstation::new();
    for url in [
        "localhost:8080",
        "https://u:canary@host/",
        "http://host/#token=canary",
    ] {
        let (code, answer) = machine.json(&["new", "Robot", "--pod", url]);
        assert_eq!(
            (code, &answer["code"]),
            (2, &json!("settings_invalid")),
            "{answer}"
        );
    }
    assert!(!machine.path("workspace").exists());
}

/// A pod given as an option has to answer; without the one in the settings the project is created
/// locally.
#[test]
fn without_the_pod_of_the_settings_the_project_is_created_locally() {
    let machine = Workstation::new();
    let port = port::free();
    machine.settings(&format!("url = \"http://127.0.0.1:{port}\""));
    let (code, answer) = machine.json(&["new", "Robot", "--via", "api"]);
    assert_eq!((code, &answer["code"]), (2, &json!("pod_unreachable")));
    assert!(!machine.path("workspace").exists());
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    let why = answer["why"].as_str().expect("a reason");
    assert!(
        why.contains(&format!("nothing listens at http://127.0.0.1:{port}")),
        "{why}"
    );
    assert_eq!(machine.local(), ["Robot"]);
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
fn an_unknown_certificate_is_rejected() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("one");
    let pem = certified.cert.pem();
    let url = tls(certified);
    let mut machine = Workstation::new();
    refused(
        &machine,
        &url,
        "pod_untrusted",
        &format!("is not trusted: {url}"),
    );
    let plain = url.replace("https://", "http://");
    refused(&machine, &plain, "pod_unreachable", "closed the connection");
    // The control: the same server with a trusted certificate.
    if cfg!(target_os = "linux") {
        std::fs::write(machine.path("roots.pem"), pem).expect("a file");
        machine.set("SSL_CERT_FILE", machine.path("roots.pem").to_string_lossy());
        assert_eq!(
            machine.json(&["list", "--pod", &url]).1["projects"],
            json!(["Robot"])
        );
    }
    // A server without TLS.
    let plain = responds("HTTP/1.1 400 Bad Request\r\n\r\n").replace("http://", "https://");
    refused(
        &machine,
        &plain,
        "not_a_podslate",
        &format!("the TLS connection to {plain} failed"),
    );
}

/// A podslate with two responses behind a certificate.
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
        let body = if is_health {
            json!({"status": "healthy", "workspace": "/w", "version": "1"})
        } else {
            json!({"projects": ["Robot"]})
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + body.as_str()).as_bytes());
        let _ = stream.flush();
    });
    url.replace("http://127.0.0.1", "https://localhost")
}
