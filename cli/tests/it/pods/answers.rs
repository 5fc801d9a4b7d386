//! Servers whose answers are not about what was asked, too large, or lead elsewhere.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::workstation::{TOKEN, Workstation};
use crate::hostile::{Hostile, flood, response, with_memory};

/// Maximum size of the program in memory, in MiB.
const MAX_MEMORY: u64 = 200;
const HEALTHY: &str = r#"{"status":"healthy","workspace":"/w","version":"1"}"#;

/// A pod that is well and has one answer to everything else.
fn pod(status: u16, answer: &Value) -> Hostile {
    let answer = response(status, &answer.to_string());
    Hostile::start(move |head, stream| {
        let healthy = response(200, HEALTHY);
        let is_health = head.starts_with("GET /health");
        let text = if is_health { &healthy } else { &answer };
        let _ = stream.write_all(text.as_bytes());
    })
}

/// A pod whose answer to the creation of a project is this one, and that has nothing to say about
/// its name.
fn creating(answer: &Value) -> Hostile {
    let answer = response(201, &answer.to_string());
    Hostile::start(move |head, stream| {
        let text = if head.starts_with("GET /health") {
            response(200, HEALTHY)
        } else if head.starts_with("POST") {
            answer.clone()
        } else {
            let body = json!({"code": "not_found", "error": "No.", "message": "No."});
            response(404, &body.to_string())
        };
        let _ = stream.write_all(text.as_bytes());
    })
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of answers")]
fn an_answer_about_another_project_is_a_failure() {
    let machine = Workstation::new();
    let check = |name: &str, path: &str| {
        json!({"status": "success", "project_name": name, "available": true,
               "project_path": path})
    };
    let created = |name: &str, path: &str| {
        json!({"status": "success", "project_name": name, "project_path": path,
               "message": "Created project Robot in /w/Robot."})
    };
    let renamed = |old: &str, new: &str, path: &str| {
        json!({"status": "success", "old_name": old, "new_name": new, "project_path": path,
               "message": "Renamed project Robot to Hero."})
    };
    let new: &[&str] = &["new", "Robot"];
    let rename: &[&str] = &["rename", "Robot", "Hero"];
    let list: &[&str] = &["list"];
    for (command, pod, is_right) in [
        (new, creating(&created("Robot", "/w/Robot")), true),
        (new, creating(&created("Other", "/w/Other")), false),
        (new, creating(&created("Robot", "/w/Other")), false),
        (new, creating(&created("Robot", "/w/../Robot")), false),
        (new, creating(&created("Robot", "Robot")), false),
        (new, creating(&created("Robot", "")), false),
        (new, pod(200, &check("Other", "/w/Other")), false),
        (new, pod(200, &check("Robot", "/w/Other")), false),
        (rename, pod(200, &renamed("Robot", "Hero", "/w/Hero")), true),
        (
            rename,
            pod(200, &renamed("Robot", "Other", "/w/Other")),
            false,
        ),
        (
            rename,
            pod(200, &renamed("Other", "Hero", "/w/Hero")),
            false,
        ),
        (
            rename,
            pod(200, &renamed("Robot", "Hero", "/w/Robot")),
            false,
        ),
        (
            list,
            pod(200, &json!({"projects": ["Robot", "Hero copy"]})),
            true,
        ),
        (
            list,
            pod(200, &json!({"projects": ["Robot", "../../etc"]})),
            false,
        ),
        (list, pod(200, &json!({"projects": [""]})), false),
    ] {
        let (code, answer) = machine.json(&[command, &["--pod", &pod.url]].concat());
        if is_right {
            assert_eq!(
                (code, &answer["status"]),
                (0, &json!("success")),
                "{answer}"
            );
            continue;
        }
        let expected = (2, &json!("pod_mismatch"));
        assert_eq!((code, &answer["code"]), expected, "{command:?} {answer}");
        let sentence = answer["error"].as_str().expect("a sentence");
        let start = "The pod's response does not match the request: ";
        assert!(sentence.starts_with(start), "{sentence}");
        assert!(answer["hint"].is_string(), "{answer}");
    }
    assert!(!machine.path("workspace").exists());
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of responses")]
fn a_response_without_an_end_costs_neither_memory_nor_time() {
    let mut machine = Workstation::new();
    machine.set("NO_PROXY", "*");
    let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    type Answer = fn(&str, &mut std::net::TcpStream);
    let cases: [(&str, Answer); 4] = [
        ("its response is larger than", |head, stream| {
            list_with(head, stream, |stream, ok| {
                flood(stream, ok, b"{\"projects\":[\"a\",\"b\"]}")
            });
        }),
        ("its response is larger than", |head, stream| {
            list_with(head, stream, |stream, ok| {
                let _ = stream.write_all(ok.as_bytes());
                flood(stream, "{\"projects\":[", b"[0,0,0,0,0,0,0,0],");
            });
        }),
        ("closed the connection", |head, stream| {
            list_with(head, stream, |stream, _| {
                flood(
                    stream,
                    "HTTP/1.1 200 OK\r\n",
                    b"X-More: and more and more\r\n",
                );
            });
        }),
        ("its response is larger than", |_, stream| {
            flood(
                stream,
                "HTTP/1.1 200 OK\r\n\r\n",
                b"{\"status\":\"healthy\"}",
            );
        }),
    ];
    assert!(ok.ends_with("\r\n\r\n"));
    for (sentence, answer) in cases {
        let pod = Hostile::start(answer);
        let command = machine.command(&["list", "--pod", &pod.url]);
        let start = Instant::now();
        let (output, memory) = with_memory(&command);
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{notes}");
        assert!(notes.contains(sentence), "{notes}");
        assert!(memory < MAX_MEMORY, "{memory} MiB: {sentence}");
        assert!(start.elapsed() < Duration::from_secs(60), "{sentence}");
    }
    // The control: a large list that is well.
    let names: Vec<String> = (0..50_000)
        .map(|number| format!("Project{number:05}"))
        .collect();
    let pod = pod(200, &json!({"projects": names}));
    let output = machine.run(&["list", "--pod", &pod.url]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 50_000));
}

fn list_with(
    head: &str,
    stream: &mut std::net::TcpStream,
    answer: fn(&mut std::net::TcpStream, &str),
) {
    if head.starts_with("GET /health") {
        let _ = stream.write_all(response(200, HEALTHY).as_bytes());
    } else {
        answer(stream, "HTTP/1.1 200 OK\r\n\r\n");
    }
}

#[test]
fn no_redirect_is_followed() {
    let machine = Workstation::new();
    let elsewhere = Hostile::responding(response(200, HEALTHY));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/api/projects/list", elsewhere.url);
        let pod = Hostile::start(move |head, stream| {
            let redirect = format!(
                "HTTP/1.1 {status} -\r\nLocation: {location}\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            let is_health = head.starts_with("GET /health");
            let healthy = response(200, HEALTHY);
            let text = if is_health { &healthy } else { &redirect };
            let _ = stream.write_all(text.as_bytes());
        });
        let (code, answer) = machine.json(&["list", "--pod", &pod.url]);
        assert_eq!((code, &answer["code"]), (2, &json!("not_a_podslate")));
        // The control: the pod itself gets the token.
        let sent = format!("authorization: Bearer {TOKEN}");
        assert!(pod.requests()[1].contains(&sent), "{:?}", pod.requests());
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[test]
fn a_health_check_ends_whatever_answers() {
    let machine = Workstation::new();
    let port = |server: &Hostile| server.url.rsplit(':').next().expect("a port").to_owned();
    let well = Hostile::responding(response(200, HEALTHY));
    let output = machine.run(&["health", "--port", &port(&well)]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "healthy 1\n"));
    let endless = Hostile::start(|_, stream| flood(stream, "HTTP/1.1 200 OK\r\n\r\n", b"x"));
    // One byte at a time is no progress.
    let slow = Hostile::start(|_, stream| {
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    for server in [endless, slow] {
        let start = Instant::now();
        let command = machine.command(&["health", "--port", &port(&server)]);
        let (output, memory) = with_memory(&command);
        assert_eq!(output.status.code(), Some(2));
        assert!(start.elapsed() < Duration::from_secs(30) && memory < MAX_MEMORY);
    }
}
