//! Uploads that are interrupted, and files that change in the meantime.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::case::{CONFIG, Case, LARGE, MIB, noise, parse};
use super::s3::{Gate, Server};

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
    assert!(!before.is_empty());
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
    case.save(LARGE, &noise(9 * MIB));
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
