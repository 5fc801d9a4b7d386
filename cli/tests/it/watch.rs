//! Reports of changes by the operating system that are limited, or too many.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use testing::{PATIENCE, Server, http, wait_for, wait_until};

use crate::program::{PODSLATE, serve, start, without_settings};

/// A server whose user may have nothing of what the kernel calls `limit`; `None`, and the test of
/// this name is skipped, where no user of that kind can be made.
fn serve_without(test: &str, limit: &str, workspace: &Path) -> Option<Server> {
    let set = format!("echo 0 > /proc/sys/user/{limit}");
    let in_namespace = |script: String| {
        let mut command = Command::new("unshare");
        command.args(["-Ur", "sh", "-ec", &script]);
        command
    };
    let works = in_namespace(set.clone()).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        testing::skip(test, "user namespaces cannot be used here");
        return None;
    }
    let serve = format!("{set}; exec \"$0\" serve --port 0 --workspace \"$1\"");
    let mut command = in_namespace(serve);
    command.arg(PODSLATE).arg(workspace);
    Some(start(without_settings(&mut command)))
}

fn get(server: &Server, path: &str) -> Value {
    http::get(server.address(), path).expect("a response")
}

fn names(server: &Server) -> Vec<String> {
    let body = get(server, "/api/projects");
    let projects = body["projects"].as_array().expect("a list").iter();
    let name = |project: &Value| project["name"].as_str().expect("a name").to_owned();
    projects.map(name).collect()
}

fn project(path: &Path) {
    fs::create_dir_all(path.join("0_input")).expect("a project");
}

#[test]
fn without_reports_the_list_follows_the_times_of_folders() {
    for (limit, changes) in [
        ("max_inotify_watches", "comparison"),
        ("max_inotify_instances", "comparison"),
        ("max_mnt_namespaces", "notifications"),
    ] {
        let home = tempfile::tempdir().expect("a folder");
        project(&home.path().join("Early"));
        let test = "without_reports_the_list_follows_the_times_of_folders";
        let Some(server) = serve_without(test, limit, home.path()) else {
            return;
        };
        let health = get(&server, "/health");
        assert_eq!(health["changes"], changes, "{limit}: {health}");
        assert_eq!(
            health["changes_reason"].is_string(),
            changes == "comparison"
        );
        assert_eq!(names(&server), ["Early"], "{limit}");
        project(&home.path().join("Late"));
        let is_listed = || names(&server) == ["Early", "Late"];
        assert!(wait_until(PATIENCE, is_listed), "{limit}");
        fs::write(home.path().join("Late/0_input/mesh.fbx"), "").expect("a file");
        let files = || {
            let body = get(&server, "/api/projects");
            let late = body["projects"][1].clone();
            (late["stages"][0]["files"] == 1).then_some(())
        };
        assert!(wait_for(PATIENCE, files).is_some(), "{limit}");
    }
}

#[test]
fn more_reports_than_the_system_keeps_lose_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    project(&home.path().join("Early"));
    let server = serve(home.path());
    assert_eq!(get(&server, "/health")["changes"], "notifications");
    assert_eq!(names(&server), ["Early"]);
    let max: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events")
        .expect("a limit")
        .trim()
        .parse()
        .expect("a number");
    let signal = |name: &str| {
        let id = server.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status();
        assert!(status.expect("kill runs").success());
    };
    signal("-STOP");
    let other = home.path().join("other");
    for _ in 0..=max / 2 {
        fs::create_dir(&other).expect("a folder");
        fs::remove_dir(&other).expect("no folder");
    }
    fs::rename(home.path().join("Early"), home.path().join("Moved")).expect("a rename");
    project(&home.path().join("Late"));
    signal("-CONT");
    // The first list is right already.
    assert_eq!(names(&server), ["Late", "Moved"]);
    project(&home.path().join("Later"));
    assert_eq!(names(&server), ["Late", "Later", "Moved"]);
}
