//! Errors of an upload before it sends anything.

use std::fs;
use std::process::Command;

use serde_json::json;
use testing::port;

use super::case::{CONFIG, Case, NAME, parse, run};
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
        assert_eq!(
            (code, &report["code"]),
            (Some(exit), &json!(expected)),
            "{report}"
        );
        assert_eq!(report["hint"].is_string(), expected != "request_invalid");
        assert!(!report.to_string().contains("canary+"), "{report}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("canary+"));
    }
    assert!(server.list(&case.key()).is_empty());
    let (code, report) = case.push(&["--dry-run"]);
    assert_eq!(
        code,
        Some(0),
        "only the changed argument is wrong: {report}"
    );
}

#[cfg(unix)]
#[test]
fn a_key_is_read_from_a_file_with_a_warning_if_others_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new("file");
    let server = Server::get();
    let path = case.home.path().join("key");
    let (key, secret) = (&server.key, &server.secret);
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    fs::write(&path, text).unwrap();
    for (mode, warnings) in [(0o644, 1), (0o640, 1), (0o604, 1), (0o600, 0)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut push = case.command(&server.url);
        push.env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .arg("--credentials")
            .arg(&path);
        let output = push.output().unwrap();
        let (code, report) = parse(&output);
        assert_eq!(code, Some(0), "{report}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(errors.matches("warning: ").count(), warnings, "{errors}");
        assert_eq!(errors.matches("chmod 600").count(), warnings, "{errors}");
    }
    assert!(Server::get().list(&case.key()).contains_key(CONFIG));
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
