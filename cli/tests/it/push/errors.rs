//! Errors of the arguments, the key and the storage.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use serde_json::json;
use testing::port;

use super::case::{Case, NAME, parse, run};
use super::s3::Server;

#[test]
fn every_error_has_a_hint() {
    let case = Case::new("refused");
    let server = Server::get();
    let unused = format!("http://127.0.0.1:{}", port::free());
    type Change<'a> = &'a dyn Fn(&mut Command);
    let cases: [(&str, i32, Change<'_>); 7] = [
        ("storage_denied", 1, &|push| {
            push.env("AWS_SECRET_ACCESS_KEY", "canary/canary+canary=canary");
        }),
        ("storage_denied", 1, &|push| {
            push.env("AWS_ACCESS_KEY_ID", "canarycanary");
        }),
        ("credentials_missing", 1, &|push| {
            push.env_remove("AWS_SECRET_ACCESS_KEY");
        }),
        ("credentials_missing", 1, &|push| {
            push.args(["--credentials", "/nonexistent/canary"]);
        }),
        ("bucket_not_found", 1, &|push| {
            push.args(["--bucket", "nosuchvolume"]);
        }),
        ("endpoint_unreachable", 2, &|push| {
            push.args(["--endpoint", &unused]);
        }),
        ("request_invalid", 1, &|push| {
            push.args(["--endpoint", "s3api-eu-ro-1.runpod.io"]);
        }),
    ];
    for (expected, exit, change) in cases {
        let mut push = case.podslate(&["push", NAME, "--json", "--prefix", case.prefix]);
        push.env("PODSLATE_S3_ENDPOINT", &server.url)
            .env("PODSLATE_S3_BUCKET", &server.bucket)
            .env("AWS_ACCESS_KEY_ID", &server.key)
            .env("AWS_SECRET_ACCESS_KEY", &server.secret);
        change(&mut push);
        let output = push.output().unwrap();
        let (code, report) = parse(&output);
        let found = (code, &report["code"]);
        assert_eq!(found, (Some(exit), &json!(expected)), "{report}");
        assert_eq!(report["hint"].is_string(), expected != "request_invalid");
        assert!(!report.to_string().contains("canary+"), "{report}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("canary+"));
    }
    assert!(server.list(&case.key()).is_empty());
    let (code, report) = case.push(&["--dry-run"]);
    // Only the changed argument was wrong.
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn a_missing_project_is_not_created() {
    let case = Case::new("absent");
    let server = Server::get();
    let mut push = case.podslate(&["push", "Nobody", "--json", "--endpoint", &server.url]);
    let (code, report) = run(push.args(["--bucket", &server.bucket]));
    assert_eq!(
        (code, &report["code"]),
        (Some(1), &json!("project_not_found"))
    );
    assert!(!case.home.path().join("Nobody").exists());
}

#[test]
fn a_response_of_the_storage_is_explained_by_its_meaning() {
    let case = Case::new("responses");
    thread::scope(|scope| {
        for (status, code, message, expected) in [
            (403, "SignatureDoesNotMatch", "…", "storage_denied"),
            (403, "RequestTimeTooSkewed", "…", "storage_denied"),
            (401, "", "", "storage_denied"),
            (404, "NoSuchBucket", "…", "bucket_not_found"),
            (404, "", "", "bucket_not_found"),
            (400, "AuthorizationHeaderMalformed", "…", "region_wrong"),
            (301, "PermanentRedirect", "…", "region_wrong"),
            (507, "", "", "storage_full"),
            (
                500,
                "InternalError",
                "No space left on device",
                "storage_full",
            ),
            (403, "QuotaExceeded", "…", "storage_full"),
            (403, "AccessDenied", "Disk quota exceeded", "storage_full"),
            (503, "SlowDown", "…", "storage_throttled"),
            (429, "", "", "storage_throttled"),
            (500, "InternalError", "We erred.", "storage_failed"),
        ] {
            let case = &case;
            scope.spawn(move || {
                let (exit, report) = run(&mut case.command(&respond(status, code, message)));
                assert_eq!(report["code"], expected, "{status} {code} {message}");
                assert!(report["hint"].is_string() && exit.is_some_and(|exit| exit > 0));
                if expected == "storage_failed" {
                    let sentence = "The storage failed: 500 InternalError We erred.";
                    assert_eq!(report["error"], sentence);
                }
            });
        }
    });
}

/// Starts a server with the same response to every request; returns its address.
fn respond(status: u16, code: &str, message: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let response = format!(
        "HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let head = BufReader::new(&client).lines().map_while(Result::ok);
            head.take_while(|line| !line.is_empty()).for_each(drop);
            let _ = client.write_all(response.as_bytes());
        }
    });
    url
}
