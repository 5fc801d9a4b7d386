//! Names and texts of others on a terminal: folders, servers, arguments.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use podslate_shared::printable;
use serde_json::{Value, json};

use crate::hostile::{Hostile, response};
use crate::program::{PODSLATE, podslate};

/// Format characters, separators, and spaces other than the usual one, by their ranges.
const HIDDEN: [(u32, u32); 29] = [
    (0xa0, 0xa0),
    (0xad, 0xad),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x1680, 0x1680),
    (0x180e, 0x180e),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x2064),
    (0x2066, 0x206f),
    (0x3000, 0x3000),
    (0xe000, 0xe000),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0x1_10bd, 0x1_10bd),
    (0x1_10cd, 0x1_10cd),
    (0x1_3430, 0x1_343f),
    (0x1_bca0, 0x1_bca3),
    (0x1_d173, 0x1_d17a),
    (0xe_0001, 0xe_0001),
    (0xe_0020, 0xe_007f),
    (0xf_0000, 0xf_0000),
    (0xf_fffd, 0xf_fffd),
    (0x10_0000, 0x10_0000),
    (0x10_fffd, 0x10_fffd),
];

/// Every character that no name should bring to a terminal.
fn characters() -> Vec<char> {
    let hidden = HIDDEN.iter().flat_map(|(first, last)| *first..=*last);
    let all = (0x1..0x20).chain(0x7f..0xa0).chain(hidden);
    all.filter_map(char::from_u32).collect()
}

/// Asserts that a text for people has no such character and has this number of lines.
fn assert_shown(text: &str, lines: usize) {
    let hidden = text.lines().find(|line| printable(line) != *line);
    assert_eq!(hidden, None);
    assert_eq!(text.lines().count(), lines, "{text}");
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("Unicode");
    (text(&output.stdout), text(&output.stderr))
}

fn run(command: &mut Command) -> (String, String) {
    text(&command.output().expect("it runs"))
}

/// Names with every such character, 40 of them in a name.
fn hostile_names() -> Vec<String> {
    let characters = characters();
    let name = |part: &[char]| part.iter().flat_map(|c| [*c, 'x']).collect();
    let names: Vec<String> = characters.chunks(40).map(name).collect();
    assert!(names.iter().all(|name| name.len() < 256));
    names
}

fn make_projects(workspace: &Path, names: &[String]) {
    for name in names {
        fs::create_dir_all(workspace.join(name).join("pipeline")).expect("a directory");
        let config = json!({"project_name": name}).to_string();
        fs::write(workspace.join(name).join("pipeline/config.json"), config).expect("a file");
        fs::create_dir(workspace.join(name).join("0_input")).expect("a directory");
    }
}

#[cfg(unix)]
#[test]
fn names_of_folders_do_not_reach_the_terminal() {
    let home = tempfile::tempdir().expect("a directory");
    let names = hostile_names();
    make_projects(home.path(), &names);
    let (shown, _) = run(&mut podslate(home.path(), &["list"]));
    assert_shown(&shown, names.len());
    let (listed, _) = run(&mut podslate(home.path(), &["list", "--json"]));
    assert_shown(&listed, 1);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let mut found: Vec<String> = serde_json::from_value(listed["projects"].clone()).expect("names");
    let mut expected = names.clone();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "the data is exact");

    // In sentences: names of a project and of arguments that do not exist.
    for name in &names {
        let missing = format!("{name}x");
        for args in [
            &["mount", name][..],
            &["rename", &missing, "Hero"],
            &["new", name, "--via", "local"],
            &["list", "--via", name],
            &[
                "push",
                name,
                "--endpoint",
                "http://127.0.0.1:1",
                "--bucket",
                "b",
            ],
        ] {
            if name.starts_with('-') {
                continue;
            }
            let (shown, notes) = run(podslate(home.path(), args).env("HOME", home.path()));
            let count = notes.lines().count();
            assert!((1..=14).contains(&count), "{args:?} {notes}");
            assert_shown(&notes, count);
            assert_shown(&shown, 0);
            let errors = notes.lines().filter(|line| line.starts_with("error: "));
            assert_eq!(errors.count(), 1, "{notes}");
        }
    }
}

#[cfg(unix)]
#[test]
fn files_that_are_not_sent_do_not_reach_the_terminal() {
    let home = tempfile::tempdir().expect("a directory");
    let names = hostile_names();
    assert!(
        run(&mut podslate(
            home.path(),
            &["new", "Hero", "--via", "local"]
        ))
        .0
        .starts_with("Cr")
    );
    for name in &names {
        let link = home.path().join("Hero/0_input").join(name);
        std::os::unix::fs::symlink("nowhere", link).expect("a link");
    }
    let empty = response(200, "<ListBucketResult></ListBucketResult>");
    let server = Hostile::responding(empty);
    let args = [
        "push",
        "Hero",
        "--bucket",
        "b",
        "--dry-run",
        "--endpoint",
        &server.url,
    ];
    let mut push = podslate(home.path(), &args);
    let push = push
        .env("AWS_ACCESS_KEY_ID", "k")
        .env("AWS_SECRET_ACCESS_KEY", "s");
    let (shown, notes) = run(push);
    assert!(shown.contains("Would push Hero to b"), "{shown} {notes}");
    assert_shown(&notes, names.len());
    assert!(
        notes.lines().all(|line| line.starts_with("skipped `")),
        "{notes}"
    );
    let (listed, _) = run(push.arg("--json"));
    assert_shown(&listed, 1);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let skipped = listed["skipped"].as_array().expect("files");
    let path = |file: &Value| file["path"].as_str().map(str::to_owned);
    let mut found: Vec<String> = skipped.iter().filter_map(path).collect();
    let mut expected: Vec<String> = names.iter().map(|name| format!("0_input/{name}")).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of answers")]
fn answers_of_servers_do_not_reach_the_terminal() {
    let home = tempfile::tempdir().expect("a directory");
    let hostile: String = characters().into_iter().collect();
    let healthy = json!({"status": "healthy", "workspace": "/w", "version": hostile}).to_string();
    let error = json!({"code": "busy", "error": hostile, "message": hostile, "hint": hostile});
    let unknown = json!({"code": "odd", "error": hostile});
    let list = json!({"projects": ["Robot", format!("A{hostile}B")]});
    let created = json!({"status": "success", "project_name": "Robot",
        "project_path": "/w/Robot", "message": hostile});
    let wrong = json!({"status": "success", "project_name": "Robot",
        "project_path": format!("/{hostile}/Other"), "message": hostile});
    for (status, body) in [
        (409, error.to_string()),
        (400, unknown.to_string()),
        (500, hostile.clone()),
        (200, list.to_string()),
        (200, created.to_string()),
        (200, wrong.to_string()),
    ] {
        let (healthy, answer) = (response(200, &healthy), response(status, &body));
        let server = Hostile::start(move |head, stream| {
            use std::io::Write;
            let is_health = head.starts_with("GET /health");
            let text = if is_health { &healthy } else { &answer };
            let _ = stream.write_all(text.as_bytes());
        });
        for args in [
            &["list"][..],
            &["new", "Robot"],
            &["rename", "Robot", "Hero"],
        ] {
            for json in [false, true] {
                let mut command = podslate(home.path(), args);
                command
                    .args(["--pod", &server.url])
                    .env("HOME", home.path());
                if json {
                    command.arg("--json");
                }
                let (shown, notes) = run(&mut command);
                for text in [shown, notes] {
                    let count = text.lines().count();
                    assert!(count <= 3, "{text}");
                    assert_shown(&text, count);
                }
            }
        }
        let port = server.url.rsplit(':').next().expect("a port");
        let mut health = Command::new(PODSLATE);
        let (shown, _) = run(health.args(["health", "--port", port]));
        assert_shown(&shown, 1);
    }
}
