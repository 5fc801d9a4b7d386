//! `podslate push` against a server that speaks S3 and checks signatures, looked at afterwards with
//! a client of its own.

mod case;
#[path = "../support/port.rs"]
mod port;
mod s3;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use case::{Case, NAME, answer, noise, said, tree};
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
    let expected = tree(&case.project());
    case.write(".podslate-tmp-0123/0_input/a", b"unfinished");

    let (code, report) = case.push(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(
        report["skipped"],
        json!([{"path": ".podslate-tmp-0123", "reason": "podslate left it unfinished"}])
    );
    let files = expected
        .values()
        .filter(|content| content.is_some())
        .count();
    assert_eq!(report["sent"].as_array().map(Vec::len), Some(files));
    assert_eq!(report["project_path"], format!("/workspace/whole/{NAME}"));

    let server = Server::get();
    let there = tempfile::tempdir().expect("a folder");
    server.download(&case.key(), there.path());
    let found = tree(there.path());
    let names = |tree: &BTreeMap<String, _>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    assert!(found == expected, "the content differs");
    let before = server.list(&case.key());
    let tag = before[LARGE]["tag"].as_str().expect("text");
    assert!(tag.ends_with("-3"), "20 MiB come in three parts: {tag}");

    let (code, report) = case.push(&[]);
    assert_eq!(
        (code, &report["sent"], &report["folders"]),
        (Some(0), &json!([]), &json!(0))
    );
    assert_eq!(report["unchanged"], files);
    assert_eq!(server.list(&case.key()), before);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_sent_is_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let case = Case::new("odd");
    let outside = case.home.path().join("outside");
    fs::write(&outside, "private").expect("written");
    let link = |target: &Path, name| {
        std::os::unix::fs::symlink(target, case.project().join(name)).expect("a link");
    };
    link(&outside, "config/file");
    link(case.home.path(), "2_rig/folder");
    let broken = case.project().join(OsStr::from_bytes(b"4_export/\xFF.fbx"));
    fs::write(broken, "x").expect("written");
    case.write("4_export/line\nbreak", b"x");

    let (code, report) = case.push(&[]);
    assert_eq!((code, &report["sent"]), (Some(0), &json!([CONFIG])));
    let mut skipped: Vec<String> = report["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|left| format!("{}: {}", left["path"], left["reason"]))
        .collect();
    skipped.sort();
    assert_eq!(
        skipped,
        [
            r#""2_rig/folder": "links are not followed""#,
            r#""4_export/line\nbreak": "its name has a control character""#,
            "\"4_export/\u{FFFD}.fbx\": \"its name is not valid Unicode\"",
            r#""config/file": "links are not followed""#,
        ]
    );
    // A folder with nothing to send in it is an empty one there.
    let there = Server::get().list(&case.key());
    assert!(there.contains_key("config/") && !there.contains_key("config/file"));
}

#[test]
fn an_interrupted_upload_goes_on_where_it_was() {
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
        .expect("it runs");
    gate.wait_until_held();
    child.kill().expect("killed");
    child.wait().expect("ended");

    let before = server.list(&case.key());
    assert!(!before.contains_key(CONFIG) && !before.contains_key(LARGE));
    let (code, report) = case.push(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(report["unchanged"], before.len());
    let sent = report["sent"].as_array().expect("a list");
    assert_eq!(sent.len() + before.len(), count + 2);
    assert_eq!(sent.last(), Some(&json!(CONFIG)));
    let after = server.list(&case.key());
    assert!(
        before
            .iter()
            .all(|(key, object)| after.get(key) == Some(object))
    );
    let there = tempfile::tempdir().expect("a folder");
    server.download(&case.key(), there.path());
    assert!(tree(there.path()) == tree(&case.project()));
}

#[cfg(unix)]
#[test]
fn an_interrupted_upload_leaves_no_parts() {
    let case = Case::new("parts");
    case.write(LARGE, &noise(20 * MIB));
    let server = Server::get();
    let gate = Gate::before(server, 10 * MIB as u64);
    let running = case.started(&gate.url);
    gate.wait_until_held();
    assert_eq!(server.uploads(&case.key()), json!([LARGE]));
    let id = running.id().to_string();
    let told = Command::new("kill").args(["-INT", &id]).status();
    assert!(told.expect("kill runs").success());
    gate.open();
    let (code, report) = said(&running.wait_with_output().expect("it ends"));
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

    // Changed in the pod, after the change here.
    case.write("0_input/b.txt", b"here");
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options()
        .write(true)
        .open(case.project().join("0_input/b.txt"));
    file.expect("opened").set_modified(hour_ago).expect("set");
    let server = Server::get();
    server.put(&format!("{}0_input/b.txt", case.key()), "pod!");
    let before = server.list(&case.key());
    let (code, report) = case.push(&[]);
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_newer")));
    assert_eq!(
        report["error"],
        "On the volume there are newer versions, which were kept: `0_input/b.txt`."
    );
    assert_eq!(server.list(&case.key()), before);

    let (code, report) = case.push(&["--overwrite"]);
    assert_eq!(
        (code, &report["sent"]),
        (Some(0), &json!(["0_input/b.txt"]))
    );
    let there = tempfile::tempdir().expect("a folder");
    server.download(&case.key(), there.path());
    assert!(tree(there.path()) == tree(&case.project()));
}

#[test]
fn files_that_change_or_vanish_meanwhile() {
    let case = Case::new("meanwhile");
    case.write(LARGE, &noise(20 * MIB));
    let small = noise(MIB / 2);
    for index in 0..30 {
        case.write(&format!("1_textures/ao/{index:02}.png"), &small);
    }
    let server = Server::get();
    let gate = Gate::before(server, 2 * MIB as u64);
    let running = case.started(&gate.url);
    gate.wait_until_held();
    // Four files may have arrived and eight be under way; the last one is not read yet.
    case.write(LARGE, &noise(9 * MIB));
    fs::remove_file(case.project().join("1_textures/ao/29.png")).expect("removed");
    gate.open();
    let (code, report) = said(&running.wait_with_output().expect("it ends"));
    assert_eq!((code, &report["code"]), (Some(1), &json!("files_not_sent")));
    assert_eq!(
        report["error"],
        "Not everything could be sent: `1_textures/ao/29.png`: it vanished."
    );
    let there = server.list(&case.key());
    assert_eq!(there[LARGE]["size"], 9 * MIB);
    assert!(
        !there.contains_key(CONFIG),
        "a part is not taken for the whole"
    );
    assert_eq!(case.push(&[]).0, Some(0));
    assert!(server.list(&case.key()).contains_key(CONFIG));
}

#[test]
fn a_file_that_never_rests_is_not_sent() {
    let case = Case::new("restless");
    case.write(LARGE, &noise(20 * MIB));
    let is_done = AtomicBool::new(false);
    let (code, report) = thread::scope(|scope| {
        scope.spawn(|| {
            let file = fs::File::options()
                .write(true)
                .open(case.project().join(LARGE));
            let file = file.expect("opened");
            for second in 0.. {
                if is_done.load(Ordering::Relaxed) {
                    return;
                }
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
                file.set_modified(time).expect("set");
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
fn a_rehearsal_sends_nothing() {
    let case = Case::new("rehearsal");
    let (code, report) = case.push(&["--dry-run"]);
    assert_eq!((code, &report["dry_run"]), (Some(0), &json!(true)));
    assert_eq!(
        (&report["sent"], &report["folders"]),
        (&json!([CONFIG]), &json!(25))
    );
    assert!(Server::get().list(&case.key()).is_empty());
    assert_eq!(case.push(&[]).0, Some(0));
    assert_eq!(Server::get().list(&case.key()).len(), 26);
}

#[test]
fn every_refusal_says_what_to_do() {
    let case = Case::new("refused");
    let server = Server::get();
    let nobody = format!("http://127.0.0.1:{}", port::free());
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
            push.args(["--endpoint", &nobody]);
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
        let output = push.output().expect("it runs");
        let (code, report) = said(&output);
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
    assert_eq!(code, Some(0), "only what was changed was wrong: {report}");
}

#[cfg(unix)]
#[test]
fn a_key_may_be_in_a_file_of_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new("file");
    let server = Server::get();
    let path = case.home.path().join("key");
    let (key, secret) = (&server.key, &server.secret);
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    fs::write(&path, text).expect("written");
    for (mode, expected) in [(0o644, Some(1)), (0o600, Some(0))] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        let mut push = case.command(&server.url);
        push.env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .arg("--credentials")
            .arg(&path);
        let (code, report) = answer(&mut push);
        assert_eq!(code, expected, "{report}");
    }
    assert!(Server::get().list(&case.key()).contains_key(CONFIG));
}

#[test]
fn a_project_that_is_not_there_is_not_made() {
    let case = Case::new("absent");
    let server = Server::get();
    let mut push = case.podslate(&["push", "Nobody", "--json", "--endpoint", &server.url]);
    let (code, report) = answer(push.args(["--bucket", &server.bucket]));
    assert_eq!(
        (code, &report["code"]),
        (Some(1), &json!("project_not_found"))
    );
    assert!(!case.home.path().join("Nobody").exists());
}
