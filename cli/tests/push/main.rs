//! `podslate push` against a server that speaks S3 and checks signatures; the bucket is read by
//! another client.

mod case;
mod s3;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use case::{Case, NAME, noise, parse, run};
use podslate_testing::{Entry, Tree, port};
use s3::{Gate, Server};
use serde_json::json;

const CONFIG: &str = "pipeline/config.json";
const LARGE: &str = "0_input/meshes/scan.bin";
const MIB: usize = 1 << 20;

#[test]
fn a_whole_project_arrives_byte_for_byte() {
    let case = Case::new("whole");
    for name in [
        "a b.txt",
        "größe.txt",
        "模型.fbx",
        "100%.txt",
        "a%20b",
        "a+b#c&d=e;f?.txt",
    ] {
        if cfg!(unix) || !name.contains('?') {
            case.write(&format!("0_input/references/{name}"), name.as_bytes());
        }
    }
    case.write("2_rig/scripts/empty.py", b"");
    case.write("notes/old/.hidden", b"kept");
    case.write(LARGE, &noise(20 * MIB));
    let tree = Tree::read(&case.project()).unwrap();
    let files = tree
        .entries()
        .filter(|(_, entry)| matches!(entry, Entry::File(_)))
        .count();
    case.write(".podslate-tmp-0123/0_input/a", b"unfinished");

    let (code, report) = case.push(&[]);
    assert_eq!(code, Some(0), "{report}");
    let reason = "it was left by an interrupted podslate command";
    assert_eq!(
        report["skipped"],
        json!([{"path": ".podslate-tmp-0123", "reason": reason}])
    );
    assert_eq!(report["sent"].as_array().map(Vec::len), Some(files));
    assert_eq!(report["project_path"], format!("/workspace/whole/{NAME}"));
    fs::remove_dir_all(case.project().join(".podslate-tmp-0123")).unwrap();
    case.assert_complete();

    let before = Server::get().list(&case.key());
    assert_eq!(before.len(), files);
    let tag = before[LARGE]["tag"].as_str().unwrap();
    assert!(tag.ends_with("-3"), "20 MiB are sent in three parts: {tag}");
    let (code, report) = case.push(&[]);
    assert_eq!((code, &report["sent"]), (Some(0), &json!([])));
    assert_eq!(report["unchanged"], files);
    assert_eq!(Server::get().list(&case.key()), before);
}

#[test]
fn an_empty_folder_is_not_sent_and_is_created_by_a_start_with_the_project_name() {
    let case = Case::new("empty");
    assert_eq!(case.push(&[]).0, Some(0));
    let there = Server::get().list(&case.key());
    assert_eq!(there.keys().collect::<Vec<_>>(), [CONFIG]);
    let downloaded = Tree::read(case.download().path()).unwrap();
    assert!(!downloaded.is_complete(NAME), "{downloaded:?}");
    case.assert_complete();
}

#[test]
fn objects_that_are_only_on_the_volume_are_counted_and_kept() {
    let case = Case::new("kept");
    let server = Server::get();
    for key in ["", "config/", "4_export/fbx/", "4_export/result.fbx"] {
        server.put(&format!("{}{key}", case.key()), "");
    }
    let before = server.list(&case.key());
    let (code, report) = case.push(&["--overwrite"]);
    assert_eq!(
        (code, &report["only_there"]),
        (Some(0), &json!(1)),
        "{report}"
    );
    let after = server.list(&case.key());
    assert!(
        before
            .iter()
            .all(|(key, object)| after.get(key) == Some(object)),
        "{after:?}"
    );
}

#[cfg(unix)]
#[test]
fn entries_that_cannot_be_sent_are_reported() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let case = Case::new("odd");
    let outside = case.home.path().join("outside");
    fs::write(&outside, "private").unwrap();
    let link = |target: &Path, name| {
        std::os::unix::fs::symlink(target, case.project().join(name)).unwrap();
    };
    link(&outside, "config/file");
    link(case.home.path(), "2_rig/folder");
    let broken = case.project().join(OsStr::from_bytes(b"4_export/\xFF.fbx"));
    fs::write(broken, "x").unwrap();
    case.write("4_export/line\nbreak", b"x");
    let _socket = std::os::unix::net::UnixListener::bind(case.project().join("socket")).unwrap();

    let (code, report) = case.push(&[]);
    assert_eq!((code, &report["sent"]), (Some(0), &json!([CONFIG])));
    let skipped = report["skipped"].as_array().unwrap().iter();
    let mut skipped: Vec<String> = skipped
        .map(|file| format!("{}: {}", file["path"], file["reason"]))
        .collect();
    skipped.sort();
    assert_eq!(
        skipped,
        [
            r#""2_rig/folder": "links are not followed""#,
            r#""4_export/line\nbreak": "its name has a control character""#,
            "\"4_export/\u{FFFD}.fbx\": \"its name is not valid Unicode\"",
            r#""config/file": "links are not followed""#,
            r#""socket": "it is neither a file nor a folder""#,
        ]
    );
    let there = Server::get().list(&case.key());
    assert_eq!(there.keys().collect::<Vec<_>>(), [CONFIG]);
}

#[test]
fn an_interrupted_upload_is_resumed() {
    let case = Case::new("interrupted");
    let count = 60;
    let small = noise(64 << 10);
    for index in 0..count {
        case.write(&format!("1_textures/albedo/{index}.png"), &small);
    }
    case.write(LARGE, &noise(20 * MIB));
    let server = Server::get();
    let gate = Gate::before(server, 10 * MIB as u64);
    let mut child = case
        .command(&gate.url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    gate.wait_until_held();
    child.kill().unwrap();
    child.wait().unwrap();

    let before = server.list(&case.key());
    assert!(!before.contains_key(CONFIG) && !before.contains_key(LARGE));
    let (code, report) = case.push(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["unchanged"], before.len());
    let sent = report["sent"].as_array().unwrap();
    assert_eq!(sent.len() + before.len(), count + 2);
    assert_eq!(sent.last(), Some(&json!(CONFIG)));
    let after = server.list(&case.key());
    assert!(
        before
            .iter()
            .all(|(key, object)| after.get(key) == Some(object))
    );
    case.assert_complete();
}

#[cfg(unix)]
#[test]
fn an_interrupted_upload_leaves_no_parts() {
    let case = Case::new("parts");
    case.write(LARGE, &noise(20 * MIB));
    let server = Server::get();
    let gate = Gate::before(server, 10 * MIB as u64);
    let running = case.start(&gate.url);
    gate.wait_until_held();
    assert_eq!(server.uploads(&case.key()), json!([LARGE]));
    let id = running.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status();
    assert!(kill.unwrap().success());
    gate.open();
    let (code, report) = parse(&running.wait_with_output().unwrap());
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_not_sent")));
    assert_eq!(server.uploads(&case.key()), json!([]));
    assert!(!server.list(&case.key()).contains_key(LARGE));
    assert_eq!(case.push(&[]).0, Some(0));
}

#[test]
fn a_changed_file_is_sent_again_and_a_newer_one_is_kept() {
    let case = Case::new("changed");
    case.write("0_input/a.txt", b"one");
    case.write("0_input/b.txt", b"one");
    assert_eq!(case.push(&[]).0, Some(0));

    case.write("0_input/a.txt", b"two");
    let (code, report) = case.push(&[]);
    assert_eq!(
        (code, &report["sent"]),
        (Some(0), &json!(["0_input/a.txt"]))
    );

    // Changed on the pod, after the change here.
    case.write("0_input/b.txt", b"here");
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let path = case.project().join("0_input/b.txt");
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(hour_ago).unwrap();
    let server = Server::get();
    server.put(&format!("{}0_input/b.txt", case.key()), "pod!");
    let before = server.list(&case.key());
    let (code, report) = case.push(&[]);
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_newer")));
    assert_eq!(
        report["error"],
        "Newer versions on the volume were kept: `0_input/b.txt`."
    );
    assert_eq!(server.list(&case.key()), before);

    let (code, report) = case.push(&["--overwrite"]);
    assert_eq!(
        (code, &report["sent"]),
        (Some(0), &json!(["0_input/b.txt"]))
    );
    case.assert_complete();
}

#[test]
fn a_file_that_changes_is_sent_again_and_one_that_vanishes_is_reported() {
    let case = Case::new("meanwhile");
    case.write(LARGE, &noise(20 * MIB));
    let small = noise(MIB / 2);
    for index in 0..30 {
        case.write(&format!("1_textures/ao/{index:02}.png"), &small);
    }
    let server = Server::get();
    let gate = Gate::before(server, 2 * MIB as u64);
    let running = case.start(&gate.url);
    gate.wait_until_held();
    // Four files may have arrived and eight more be in progress; the last one was not read yet.
    case.write(LARGE, &noise(9 * MIB));
    fs::remove_file(case.project().join("1_textures/ao/29.png")).unwrap();
    gate.open();
    let (code, report) = parse(&running.wait_with_output().unwrap());
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_not_sent")));
    assert_eq!(
        report["error"],
        "Not every file was sent: `1_textures/ao/29.png`: it no longer exists."
    );
    let there = server.list(&case.key());
    assert_eq!(there[LARGE]["size"], 9 * MIB);
    // A part of a project has no configuration.
    assert!(!there.contains_key(CONFIG));
    assert_eq!(case.push(&[]).0, Some(0));
    assert!(server.list(&case.key()).contains_key(CONFIG));
}

#[test]
fn a_file_that_keeps_changing_is_not_sent() {
    let case = Case::new("restless");
    case.write(LARGE, &noise(20 * MIB));
    let is_done = AtomicBool::new(false);
    let (code, report) = thread::scope(|scope| {
        scope.spawn(|| {
            let path = case.project().join(LARGE);
            let file = fs::File::options().write(true).open(path).unwrap();
            let mut second = 0;
            while !is_done.load(Ordering::Relaxed) {
                second += 1;
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
                file.set_modified(time).unwrap();
                thread::yield_now();
            }
        });
        let answer = case.push(&[]);
        is_done.store(true, Ordering::Relaxed);
        answer
    });
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_not_sent")));
    let there = Server::get().list(&case.key());
    assert!(!there.contains_key(LARGE) && !there.contains_key(CONFIG));
    assert_eq!(case.push(&[]).0, Some(0));
}

#[test]
fn a_dry_run_sends_nothing() {
    let case = Case::new("dry-run");
    let (code, report) = case.push(&["--dry-run"]);
    assert_eq!((code, &report["dry_run"]), (Some(0), &json!(true)));
    assert_eq!(report["sent"], json!([CONFIG]));
    assert!(Server::get().list(&case.key()).is_empty());
    assert_eq!(case.push(&[]).0, Some(0));
    assert_eq!(Server::get().list(&case.key()).len(), 1);
}

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
        assert!(report["hint"].is_string() || expected == "request_invalid");
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
