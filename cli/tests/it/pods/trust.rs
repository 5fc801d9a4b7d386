//! Settings files that are found in the current folder, and the pods that tokens are for.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::terminal::at_a_terminal;
use super::workstation::{TOKEN, Workstation, names};
use crate::hostile::{Hostile, response, with_memory};
use crate::program::{serve_with_token, write_program};

/// A server that answers every request with nothing useful, and remembers it.
fn listener() -> Hostile {
    Hostile::responding(response(404, "{}"))
}

/// Asserts that no command uses the settings file of the folder.
fn refuses(machine: &Workstation, problem: &str) {
    let commands: [&[&str]; 5] = [
        &["list"],
        &["new", "Robot"],
        &["new", "Robot", "--dry-run"],
        &["new", "Robot", "--via", "start"],
        &["rename", "Robot", "Hero"],
    ];
    for command in commands {
        let (code, answer) = machine.json(command);
        let path = machine.path("podslate.toml");
        let sentence = format!("The settings file `{}` {problem}.", path.display());
        assert_eq!(
            (code, &answer["code"], &answer["error"]),
            (1, &json!("settings_untrusted"), &json!(sentence)),
            "{answer}"
        );
        let hint = answer["hint"].as_str().expect("a hint");
        let allow = format!("podslate trust {}", path.display());
        assert!(hint.contains(&allow), "{hint}");
    }
    assert!(!machine.path("workspace").exists());
}

const FOUND: &str = "was found in this folder and has not been allowed";
const CHANGED: &str = "has changed since it was allowed";

#[test]
fn a_settings_file_is_used_only_after_it_was_allowed() {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = serve_with_token(workspace.path(), TOKEN);
    let machine = Workstation::new();
    machine.found_settings(&format!("url = \"{}\"", server.url));
    refuses(&machine, FOUND);
    assert!(names(workspace.path()).is_empty());

    // A file that is named is meant.
    let config = ["--config", "podslate.toml"];
    let named = machine.json(&[&["new", "Named"][..], &config].concat());
    assert_eq!(
        (named.0, &named.1["via"]),
        (0, &json!("api")),
        "{}",
        named.1
    );
    refuses(&machine, FOUND);

    let output = machine.run(&["trust"]);
    let path = machine.path("podslate.toml");
    assert_eq!(output.stdout, format!("Allowed {}.\n", path.display()));
    assert!(output.stderr.contains(&server.url), "{output:?}");
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "api");
    assert_eq!(names(workspace.path()), ["Named", "Robot"]);
    let (_, listed) = machine.json(&["trust", "--list"]);
    assert_eq!(listed["files"], json!([path]));

    // The same content elsewhere, and another content here.
    let elsewhere = machine.path("else");
    fs::create_dir(&elsewhere).expect("a directory");
    fs::copy(&path, elsewhere.join("podslate.toml")).expect("a copy");
    let mut list = machine.command(&["list"]);
    let list = list.current_dir(&elsewhere).output().expect("it runs");
    assert_eq!(list.status.code(), Some(1));
    machine.found_settings(&format!("url = \"{}\"\ntimeout = 9", server.url));
    refuses(&machine, CHANGED);
    machine.found_settings(&format!("url = \"{}\"", server.url));
    assert_eq!(machine.run(&["list"]).code, 0);

    assert_eq!(machine.run(&["trust", "--revoke"]).code, 0);
    refuses(&machine, FOUND);
    assert_eq!(machine.run(&["trust", "--revoke"]).code, 0);
    assert_eq!(machine.json(&["trust", "--list"]).1["files"], json!([]));
}

#[test]
fn a_found_file_sends_no_token_and_starts_no_image() {
    let server = listener();
    let mut machine = Workstation::new();
    let calls = record_docker(&mut machine);
    machine.set("RUNPOD_API_KEY", "canary-key-0123456789abcdef");
    machine.set("PODSLATE_RUNPOD_API", &server.url);
    fs::create_dir(machine.path("other")).expect("a directory");
    let secret = machine.path("other/token");
    private(&secret, "canary-of-another-pod-0123456789");
    for text in [
        format!("url = \"{}\"", server.url),
        format!("url = \"{}\"\ntoken_file = \"other/token\"", server.url),
        format!(
            "[docker]\nimage = \"evil\"\nworkspace = \"{}\"",
            machine.path("").display()
        ),
        "[runpod]\nimage = \"evil\"\ncpu = { id = \"c\", vcpu_count = 1 }".to_owned(),
    ] {
        machine.found_settings(&text);
        refuses(&machine, FOUND);
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    assert!(!calls.exists());
    // The control: an allowed file does both.
    machine.settings(&format!("url = \"{}\"", server.url));
    assert_eq!(machine.run(&["list"]).code, 2);
    machine.settings("[docker]\nimage = \"podslate\"");
    assert_eq!(machine.run(&["new", "Robot"]).code, 0);
    assert_eq!(server.requests().len(), 1);
    assert!(
        fs::read_to_string(&calls)
            .expect("calls")
            .contains("create ")
    );
}

/// Gives a workstation a `docker` that does nothing but write its arguments into a file.
fn record_docker(machine: &mut Workstation) -> std::path::PathBuf {
    let (bin, calls) = (machine.path("bin"), machine.path("bin/calls"));
    fs::create_dir(&bin).expect("a directory");
    let docker = format!("#!/bin/sh\necho \"$*\" >> '{}'\n", calls.display());
    write_program(&bin.join("docker"), &docker);
    let path = std::env::var("PATH").unwrap_or_default();
    machine.set("PATH", format!("{}:{path}", bin.display()));
    calls
}

/// Writes a file that only its owner may read.
pub fn private(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("permissions");
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of files")]
fn a_settings_file_of_any_kind_is_refused_in_a_moment() {
    let machine = Workstation::new();
    let workspace = tempfile::tempdir().expect("a directory");
    let server = serve_with_token(workspace.path(), TOKEN);
    let path = machine.path("podslate.toml");
    fs::write(machine.path("target"), "timeout = 5").expect("a file");
    let huge = || {
        let file = fs::File::create(&path).expect("a file");
        file.set_len(1 << 30).expect("a size");
    };
    let fifo = || {
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
    };
    type Make<'a> = &'a dyn Fn();
    let cases: [(&str, Make<'_>); 6] = [
        ("it is not a regular file", &fifo),
        ("it is larger than 256 KiB", &huge),
        ("it is not a regular file", &|| {
            fs::create_dir(&path).expect("a directory");
        }),
        ("it is a link", &|| {
            symlink("/dev/zero", &path).expect("a link");
        }),
        ("it is a link", &|| {
            symlink(machine.path("target"), &path).expect("a link");
        }),
        ("it is not text", &|| {
            fs::write(&path, [0xff, 0xfe]).expect("a file");
        }),
    ];
    for (problem, make) in cases {
        make();
        for command in [&["list"][..], &["new", "Robot"], &["trust"]] {
            let start = Instant::now();
            let (output, memory) = with_memory(&machine.command(command));
            let notes = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{problem}: {notes}");
            assert!(notes.contains(problem), "{problem}: {notes}");
            assert!(start.elapsed() < Duration::from_secs(20) && memory < 100);
        }
        // Where it is not needed, it is not used.
        let output = machine.run(&["list", "--pod", &server.url]);
        assert_eq!(output.code, 0, "{output:?}");
        assert!(output.stderr.contains(problem), "{output:?}");
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.expect("removed");
    }
    assert!(!machine.path("workspace").exists());
    // A link that is named is meant.
    symlink(machine.path("target"), &path).expect("a link");
    let named = ["list", "--config", "podslate.toml", "--pod", &server.url];
    assert_eq!(machine.run(&named).code, 0);
}

#[test]
fn what_a_file_leads_to_is_part_of_what_was_allowed() {
    let server = listener();
    let mut machine = Workstation::new();
    machine.unset("PODSLATE_TOKEN");
    private(&machine.path("pod-token"), "token-of-this-pod-0123456789");
    fs::create_dir(machine.path("mine")).expect("a directory");
    private(
        &machine.path("mine/pod-token"),
        "canary-of-another-pod-0123456789",
    );
    machine.settings(&format!(
        "url = \"{}\"\ntoken_file = \"pod-token\"",
        server.url
    ));
    assert_eq!(machine.run(&["list"]).code, 2);
    let count = server.requests().len();
    fs::remove_file(machine.path("pod-token")).expect("removed");
    symlink("mine/pod-token", machine.path("pod-token")).expect("a link");
    refuses(&machine, CHANGED);
    assert_eq!(server.requests().len(), count);

    machine.settings("[docker]\nimage = \"podslate\"\nworkspace = \"inputs/3D\"");
    let calls = record_docker(&mut machine);
    symlink(machine.path("mine"), machine.path("inputs")).expect("a link");
    refuses(&machine, CHANGED);
    assert!(!calls.exists());
}

#[test]
fn a_token_of_a_settings_file_goes_to_its_pod_alone() {
    let mut machine = Workstation::new();
    machine.unset("PODSLATE_TOKEN");
    private(&machine.path("pod-token"), "canary-of-this-pod-0123456789");
    let healthy = r#"{"status":"healthy","workspace":"/w","version":"1"}"#;
    let (own, other) = (
        Hostile::responding(response(200, healthy)),
        Hostile::responding(response(200, healthy)),
    );
    machine.settings(&format!(
        "url = \"{}\"\ntoken_file = \"pod-token\"",
        own.url
    ));
    machine.run(&["list", "--pod", &other.url]);
    machine.run(&["new", "Robot", "--pod", &other.url]);
    let sent = |server: &Hostile| {
        let requests = server.requests();
        assert!(requests.len() > 1, "{requests:?}");
        requests
            .iter()
            .any(|head| head.contains("canary-of-this-pod"))
    };
    assert!(!sent(&other));
    machine.run(&["list"]);
    assert!(sent(&own));
    // The same pod, named.
    let again = own.requests().len();
    machine.run(&["list", "--pod", &own.url]);
    let heads = own.requests()[again..].join("\n");
    assert!(heads.contains("canary-of-this-pod"), "{heads}");
}

#[test]
fn at_a_terminal_the_user_is_asked_once() {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = serve_with_token(workspace.path(), TOKEN);
    let machine = Workstation::new();
    machine.found_settings(&format!("url = \"{}\"", server.url));
    for key in ["\r", "n\r", "\u{1b}"] {
        let keys = [("Use this file, now and later?", key)];
        let (code, shown) = at_a_terminal(&machine, &["new", "Robot"], &keys);
        assert!(code == 1 || code == 2, "{shown}");
        assert!(
            shown.contains(&format!("requests to the pod at {}", server.url)),
            "{shown}"
        );
        assert!(shown.contains("a token in `PODSLATE_TOKEN`"), "{shown}");
        assert!(names(workspace.path()).is_empty());
    }
    let keys = [("Use this file, now and later?", "y\r")];
    let (code, shown) = at_a_terminal(&machine, &["new", "Robot"], &keys);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(names(workspace.path()), ["Robot"]);
    let (code, shown) = at_a_terminal(&machine, &["list"], &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("Use this file"), "{shown}");
    assert_eq!(machine.run(&["list"]).code, 0);
}

#[test]
fn only_a_file_that_a_command_finds_can_be_allowed() {
    let machine = Workstation::new();
    fs::write(machine.path("other.toml"), "timeout = 1").expect("a file");
    let (code, answer) = machine.json(&["trust", "other.toml"]);
    assert_eq!((code, &answer["code"]), (1, &json!("request_invalid")));
    let (code, answer) = machine.json(&["trust"]);
    assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
    // In the user's own folder of settings, there is nothing to allow.
    let own = machine.path(".config/podslate");
    fs::create_dir_all(&own).expect("a directory");
    fs::write(own.join("podslate.toml"), "timeout = 1").expect("a file");
    let mut list = machine.command(&["list", "--json"]);
    let list = list.current_dir(&own).output().expect("it runs");
    let answer = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(answer.contains("workspace_unavailable"), "{answer}");
}
