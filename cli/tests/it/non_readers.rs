//! Clients that send requests and never read the responses.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use testing::{PATIENCE, Server, http, memory_dir, wait_for, wait_until};

use crate::program::{podslate, start};

const MAX_MEMORY: u64 = 256 << 10;

/// Opens connections that send `request` as often as the server takes it, up to `times`.
fn obstruct(server: &Server, count: usize, request: &str, times: usize) -> Vec<TcpStream> {
    let connect = || {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .set_write_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let _ = stream.write_all(request.repeat(times).as_bytes());
        stream
    };
    (0..count).map(|_| connect()).collect()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Where there are too many connections, one may be closed: a health check tries again.
fn assert_healthy(server: &Server, limit: Duration) {
    let health = wait_for(limit, || http::get(server.address(), "/health").ok());
    assert_eq!(health.expect("an answer in time")["status"], "healthy");
}

fn assert_ends(server: &mut Server) {
    let start = Instant::now();
    let id = server.child.id().to_string();
    Command::new("kill").arg(&id).status().unwrap();
    let ended = wait_for(PATIENCE, || server.child.try_wait().unwrap());
    assert_eq!(ended.expect("an end").code(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(9),
        "{:?}",
        start.elapsed()
    );
}

/// Largest resident memory so far, in kilobytes.
fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn with_few_files(workspace: &Path) -> Command {
    let serve = podslate(workspace, &["serve", "--port", "0"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$@\"", "sh"]);
    command.arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[test]
fn health_is_answered_beside_more_non_readers_than_connections() {
    let home = tempfile::tempdir().unwrap();
    let mut server = start(&mut with_few_files(home.path()));
    let mut clients = obstruct(&server, 140, &get("/api/openapi.json"), 200);
    for _ in 0..5 {
        assert_healthy(&server, Duration::from_secs(5));
        clients.extend(obstruct(&server, 20, &get("/api/openapi.json"), 200));
    }
    assert_ends(&mut server);
}

#[test]
fn health_is_answered_beside_silent_and_slow_senders() {
    let home = tempfile::tempdir().unwrap();
    let mut server = start(&mut with_few_files(home.path()));
    let head = "POST /rename HTTP/1.1\r\nHost: localhost\r\n";
    let body = format!("{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{");
    for request in ["", head, &body] {
        let _clients = obstruct(&server, 150, request, 1);
        assert_healthy(&server, Duration::from_secs(5));
    }
    assert_ends(&mut server);
}

#[test]
fn a_client_that_reads_nothing_is_cut_off() {
    let home = tempfile::tempdir().unwrap();
    let server = start(&mut podslate(home.path(), &["serve", "--port", "0"]));
    let before = server.open_files().unwrap();
    let _clients = obstruct(&server, 20, &get("/api/openapi.json"), 500);
    let files = || server.open_files().unwrap();
    assert!(wait_until(PATIENCE, || files() >= before + 20), "{before}");
    assert!(wait_until(PATIENCE, || files() < before + 5), "{}", files());
}

#[test]
fn the_memory_of_responses_is_limited() {
    let home = memory_dir().unwrap();
    for number in 0..10_000 {
        let stage = format!("Project_with_a_long_name_{number:05}/0_input");
        fs::create_dir_all(home.path().join(stage)).unwrap();
    }
    let mut server = start(&mut podslate(home.path(), &["serve", "--port", "0"]));
    let all = || http::get(server.address(), "/api/projects").ok();
    let is_read = || all().filter(|all| all.get("state").is_none());
    let all = wait_for(PATIENCE, is_read).unwrap();
    assert_eq!(all["count"], 10_000);
    let size = all.to_string().len();
    assert!(size * 200 > (2 * (MAX_MEMORY as usize)) << 10, "{size}");
    let before = memory(&server);
    let mut clients = Vec::new();
    for path in [
        "/api/projects",
        "/api/projects?sort=modified",
        "/api/projects/list",
    ] {
        clients.extend(obstruct(&server, 70, &get(path), 20));
        assert_healthy(&server, Duration::from_secs(5));
    }
    // Long enough for all that would be answered, and shorter than the limit for non-readers.
    let end = Instant::now() + Duration::from_secs(6);
    while Instant::now() < end {
        assert_healthy(&server, Duration::from_secs(5));
        let now = memory(&server);
        assert!(now < MAX_MEMORY, "{now} kB, and {before} kB before");
        thread::sleep(Duration::from_millis(100));
    }
    assert_ends(&mut server);
}
