//! Storages that answer without an end, lead elsewhere, or write to the terminal.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::case::{Case, NAME};
use crate::hostile::{Hostile, flood, response, with_memory};

/// Maximum size of the program in memory, in MiB.
const MAX_MEMORY: u64 = 300;
const SESSION: &str = "canary-session-0123456789";

fn push(case: &Case, url: &str) -> std::process::Command {
    let mut command = case.podslate(&["push", NAME, "--bucket", "volume", "--endpoint", url]);
    command
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "canary-secret-0123456789")
        .env("AWS_SESSION_TOKEN", SESSION);
    command
}

/// A page of a list, with its continuation token.
fn page(names: &[String], next: Option<&str>) -> String {
    let objects: String = names
        .iter()
        .map(|name| {
            format!(
                "<Contents><Key>{NAME}/{name}</Key><LastModified>2024-01-01T00:00:00.000Z\
                 </LastModified><ETag>\"x\"</ETag><Size>1</Size></Contents>"
            )
        })
        .collect();
    let next = next.map(|token| {
        format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{token}\
                 </NextContinuationToken>"
        )
    });
    let next = next.unwrap_or_default();
    response(
        200,
        &format!("<ListBucketResult>{objects}{next}</ListBucketResult>"),
    )
}

#[test]
fn a_list_without_an_end_costs_neither_memory_nor_time() {
    let case = Case::new("endless");
    let body = Hostile::start(|_, stream| {
        flood(
            stream,
            "HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>",
            b"<Contents><Key>a</Key>",
        );
    });
    let error = Hostile::start(|_, stream| {
        flood(
            stream,
            "HTTP/1.1 403 -\r\n\r\n<Error><Code>",
            b"Denied and ",
        );
    });
    let head =
        Hostile::start(|_, stream| flood(stream, "HTTP/1.1 200 OK\r\n", b"X-More: more\r\n"));
    let again = Hostile::start(|_, stream| {
        let _ = stream.write_all(page(&["a".to_owned()], Some("again")).as_bytes());
    });
    let pages = AtomicU64::new(0);
    let ever_new = Hostile::start(move |_, stream| {
        let number = pages.fetch_add(1, Ordering::Relaxed);
        let names: Vec<String> = (0..4000)
            .map(|name| format!("{number}-{name:x>900}"))
            .collect();
        let _ = stream.write_all(page(&names, Some(&number.to_string())).as_bytes());
    });
    let too_large = "The storage failed: the response is larger than 8 MiB.";
    for (server, sentence) in [
        (&body, too_large),
        (&error, too_large),
        (&head, "cannot be reached"),
        (
            &again,
            "The storage failed: its list of files repeats itself.",
        ),
        (
            &ever_new,
            "The storage failed: its list of files has no end.",
        ),
    ] {
        let start = Instant::now();
        let (output, memory) = with_memory(&push(&case, &server.url));
        let notes = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{notes}");
        assert!(notes.contains(sentence), "{notes}");
        assert!(memory < MAX_MEMORY, "{memory} MiB: {sentence}");
        assert!(start.elapsed() < Duration::from_secs(200), "{sentence}");
    }
}

#[test]
fn no_redirect_takes_the_session_token_along() {
    let case = Case::new("redirected");
    let elsewhere = Hostile::responding(page(&[], None));
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url.clone();
        let server = Hostile::start(move |_, stream| {
            let text = format!(
                "HTTP/1.1 {status} -\r\nLocation: {location}/volume\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            let _ = stream.write_all(text.as_bytes());
        });
        let output = push(&case, &server.url).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        let notes = String::from_utf8_lossy(&output.stderr);
        assert!(
            notes.contains("The storage is not in the region"),
            "{notes}"
        );
        // The control: the storage itself gets it.
        assert!(
            server.requests()[0].contains(SESSION),
            "{:?}",
            server.requests()
        );
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[test]
fn an_error_of_the_storage_does_not_write_to_the_terminal() {
    let case = Case::new("colored");
    for (code, message) in [
        (
            "Evil\u{1b}]0;x\u{7}\u{9b}31m",
            "text\u{202e}txet\u{2028}error: no",
        ),
        ("AccessDenied", "a\nerror: b\r\u{1b}[2J"),
    ] {
        for status in [400, 403, 404] {
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let server = Hostile::responding(response(status, &body));
            let output = push(&case, &server.url).output().expect("it runs");
            let notes = String::from_utf8(output.stderr).expect("Unicode");
            let is_shown =
                |c: char| c == '\n' || podslate_shared::printable(&c.to_string()) == c.to_string();
            assert!(notes.chars().all(is_shown), "{notes:?}");
            let lines = notes.lines().filter(|line| line.starts_with("error: "));
            assert_eq!(lines.count(), 1, "{notes}");
        }
    }
}
