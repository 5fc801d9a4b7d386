//! Output that cannot be written: a command fails without a panic, and a server serves on.

use std::fs::{self, File, OpenOptions};
use std::io::{PipeReader, pipe};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use testing::http::{self, request};
use testing::{PATIENCE, Server, wait_for, wait_until};

use crate::program::{PODSLATE, is_project, podslate, without_settings};

/// Every command, with arguments that have it succeed or be refused.
const COMMANDS: [&[&str]; 16] = [
    &["--help"],
    &["--version"],
    &["nonsense"],
    &["new", "Aa", "--via", "local", "--workspace", "W"],
    &["list", "--workspace", "W"],
    &["rename", "Hero", "Robot", "--workspace", "W"],
    &["pods"],
    &["stop", "Hero"],
    &["mount", "Hero", "--workspace", "W"],
    &[
        "push",
        "Hero",
        "--workspace",
        "W",
        "--endpoint",
        "http://127.0.0.1:9",
        "--bucket",
        "b",
    ],
    &["health", "--port", "9"],
    &["recover", "--workspace", "W"],
    &["completions", "bash"],
    &["trust", "--list"],
    &["init", "--from-env", "--workspace", "W"],
    &[
        "serve",
        "--port",
        "0",
        "--host",
        "203.0.113.7",
        "--workspace",
        "W",
    ],
];

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Runs a command in a new home with one project.
fn run(args: &[&str], stdout: Option<File>, stderr: Option<File>) -> Output {
    let home = tempfile::tempdir().unwrap();
    let created = podslate(&home.path().join("W"), &["new", "Hero", "--via", "local"]).output();
    assert!(created.unwrap().status.success());
    let mut command = Command::new(PODSLATE);
    without_settings(&mut command)
        .args(args)
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("PROJECT_NAME", "Hero")
        .stdout(stdout.map_or_else(Stdio::piped, Stdio::from))
        .stderr(stderr.map_or_else(Stdio::piped, Stdio::from));
    command.output().unwrap()
}

#[test]
fn a_command_whose_output_cannot_be_written_fails_and_does_not_panic() {
    let help = String::from_utf8(run(&["--help"], None, None).stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let names = commands.lines().take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    for name in names {
        assert!(
            COMMANDS.iter().any(|args| args[0] == name),
            "{name} is not tried"
        );
    }
    let mut failed = [0; 2];
    for args in COMMANDS {
        for args in [args.to_vec(), [args, &["--json"]].concat()] {
            let usual = run(&args, None, None);
            assert!(usual.status.code() < Some(3), "{args:?}: {usual:?}");
            let outputs = [
                (&usual.stdout, run(&args, Some(full()), None)),
                (&usual.stderr, run(&args, None, Some(full()))),
            ];
            for (stream, (text, output)) in outputs.iter().enumerate() {
                let expected = match text.is_empty() {
                    true => usual.status.code(),
                    false => Some(2),
                };
                assert_eq!(output.status.code(), expected, "{args:?}, stream {stream}");
                let rest = [&output.stdout[..], &output.stderr].concat();
                let rest = String::from_utf8(rest).unwrap();
                assert!(!rest.contains("panic"), "{args:?}: {rest}");
                failed[stream] += usize::from(!text.is_empty());
            }
        }
    }
    assert!(failed[0] >= 16 && failed[1] >= 4, "{failed:?}");
}

/// Uses everything that logs, then stops the server with a signal; the time that it needs to end.
fn assert_serves(server: &mut Server, workspace: &Path) -> Duration {
    let address = server.address().to_owned();
    let status = |method: &str, path: &str, body| {
        let start = Instant::now();
        let status = request(&address, method, path, body).unwrap().status;
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
        status
    };
    assert_eq!(status("GET", "/health", None), 200);
    let name = json!({"project_name": "Alpha"});
    assert_eq!(status("POST", "/api/projects/create", Some(&name)), 201);
    assert_eq!(status("POST", "/api/projects/create", Some(&name)), 409);
    for _ in 0..300 {
        assert_eq!(status("GET", "/nothing", None), 404);
    }
    let names = json!({"old_name": "Alpha", "new_name": "Beta"});
    assert_eq!(status("POST", "/rename", Some(&names)), 200);
    assert!(is_project(&workspace.join("Beta")));
    assert_eq!(status("GET", "/health", None), 200);
    let start = Instant::now();
    let id = server.child.id().to_string();
    Command::new("kill").arg(&id).status().unwrap();
    let ended = wait_for(PATIENCE, || server.child.try_wait().unwrap());
    assert_eq!(ended.expect("an end").code(), Some(0));
    start.elapsed()
}

fn serve(workspace: &Path) -> Command {
    podslate(
        workspace,
        &[
            "serve",
            "--port",
            "0",
            "--",
            "sh",
            "-c",
            "echo one; echo two >&2; sleep 600",
        ],
    )
}

#[test]
fn a_server_serves_without_its_log() {
    let gone = || {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for (how, log) in [("full", Stdio::from(full())), ("gone", gone())] {
        for format in ["human", "json"] {
            let home = tempfile::tempdir().unwrap();
            let mut command = serve(home.path());
            command
                .env("PODSLATE_LOG_FORMAT", format)
                .env("PROJECT_NAME", "Hero");
            command.env("RUST_BACKTRACE", "1");
            let log = match how {
                "full" => Stdio::from(full()),
                _ => gone(),
            };
            let mut server = Server::spawn_with_log(&mut command, log).unwrap();
            assert_serves(&mut server, home.path());
        }
        drop(log);
    }
}

#[test]
fn a_server_does_not_wait_for_the_reader_of_its_log() {
    let home = tempfile::tempdir().unwrap();
    let (reader, writer) = pipe().unwrap();
    let mut command = serve(home.path());
    // Enough to fill the pipe at once.
    command.env("PODSLATE_LOG", "trace");
    let mut server = Server::spawn_with_log(&mut command, writer).unwrap();
    drop(command);
    let time = assert_serves(&mut server, home.path());
    assert!(time < Duration::from_secs(3), "{time:?}");
    assert!(is_full(reader), "the log has not filled the pipe");
}

/// Whether at least 60 KiB are in a pipe that nobody writes to any more.
fn is_full(mut reader: PipeReader) -> bool {
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut text).unwrap();
    text.len() > 60 << 10
}

#[test]
fn a_server_without_standard_output_serves() {
    let home = tempfile::tempdir().unwrap();
    let port = testing::port::free();
    let args = ["serve", "--port", &port.to_string()];
    let child = podslate(home.path(), &args)
        .stdout(full())
        .stderr(Stdio::null())
        .spawn();
    let mut server = Server {
        url: format!("http://127.0.0.1:{port}/"),
        child: child.unwrap(),
    };
    let is_up = || http::get(server.address(), "/health").is_ok();
    assert!(wait_until(PATIENCE, is_up));
    assert_serves(&mut server, home.path());
}

#[test]
fn a_server_that_is_the_first_process_serves_without_its_log() {
    let home = tempfile::tempdir().unwrap();
    let serve = podslate(home.path(), &["serve", "--port", "0"]);
    let mut command = Command::new("unshare");
    without_settings(command.args(["-pf", "--kill-child", "--mount-proc", PODSLATE]));
    command.args(serve.get_args());
    let Ok(mut server) = Server::spawn_with_log(&mut command, full()) else {
        let reason = "no process can be the first of a namespace here";
        testing::skip(
            "output::a_server_that_is_the_first_process_serves_without_its_log",
            reason,
        );
        return;
    };
    let name = json!({"project_name": "Alpha"});
    for status in [201, 409, 409] {
        let response = request(
            server.address(),
            "POST",
            "/api/projects/create",
            Some(&name),
        );
        assert_eq!(response.unwrap().status, status);
    }
    assert!(matches!(server.child.try_wait(), Ok(None)));
}

/// What strangers send is logged at a limited rate, and how much was left out is said.
#[test]
fn a_flood_of_refusals_writes_little() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log");
    let mut command = podslate(&home.path().join("W"), &["serve", "--port", "0"]);
    command.env("PODSLATE_TOKEN", "Canary7Core0Xq93Lm52Tz");
    let file = File::create(&log).unwrap();
    let server = Server::spawn_with_log(&mut command, file).unwrap();
    let body = json!({"token": "wrong"});
    for _ in 0..2000 {
        let response = request(server.address(), "POST", "/api/session/login", Some(&body));
        assert!([401, 429].contains(&response.unwrap().status));
    }
    let text = || fs::read_to_string(&log).unwrap();
    assert!(text().contains("a wrong token was sent") && text().contains("request refused"));
    let summary = "similar lines were left out";
    assert!(wait_until(PATIENCE, || text().contains(summary)));
    assert!(text().len() < 64 << 10, "{}", text().len());
}
