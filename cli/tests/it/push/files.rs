//! The files that an upload sends, skips and keeps.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::json;
use testing::{Entry, Tree};

use super::case::{CONFIG, Case, LARGE, MIB, NAME, noise};
use super::s3::Server;

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
    // The checksums show that the files are there, also where their times say otherwise.
    let later = SystemTime::now() + Duration::from_secs(3600);
    let is_file = |(_, entry): &(&str, &Entry)| matches!(entry, Entry::File(_));
    for (path, _) in tree.entries().filter(is_file) {
        let file = fs::File::options()
            .write(true)
            .open(case.project().join(path));
        file.unwrap().set_modified(later).unwrap();
    }
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
fn a_dry_run_sends_nothing() {
    let case = Case::new("dry-run");
    let (code, report) = case.push(&["--dry-run"]);
    assert_eq!((code, &report["dry_run"]), (Some(0), &json!(true)));
    assert_eq!(report["sent"], json!([CONFIG]));
    assert!(Server::get().list(&case.key()).is_empty());
    assert_eq!(case.push(&[]).0, Some(0));
    assert_eq!(Server::get().list(&case.key()).len(), 1);
}
