//! The pipeline command beside the server.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use super::pod::{Pod, podslate, run};
use crate::program::PODSLATE;

const NAMED: [(&str, &str); 1] = [("PROJECT_NAME", "Robot")];

#[test]
fn the_command_runs_in_the_project_and_the_server_outlives_it() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "pwd; echo $PROJECT_NAME; echo $PROJECT_ROOT; echo $WORKSPACE; exit 7";
    let pod = Pod::start(home.path(), &NAMED, script);
    let state = pod.wait_until("exited");
    assert_eq!(
        (&state["exit_code"], &state["project_name"]),
        (&json!(7), &json!("Robot"))
    );
    let root = home.path().join("Robot");
    let root = root.to_str().expect("Unicode");
    let workspace = home.path().to_str().expect("Unicode");
    assert_eq!(pod.lines(4), [root, "Robot", root, workspace]);
    assert_eq!(pod.create("Other"), 201);
}

#[test]
fn a_running_project_cannot_be_renamed_and_a_stopped_one_can() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &NAMED, "echo $PROJECT_NAME; exec sleep 600");
    pod.lines(1);
    let rename = json!({"old_name": "Robot", "new_name": "Hero"});
    let (status, answer) = pod.post("/rename", rename.clone());
    assert_eq!((status, &answer["code"]), (409, &json!("busy")));
    assert_eq!(pod.create("Other"), 201);
    let other = json!({"new_name": "Third"});
    assert_eq!(pod.post("/api/projects/Other/rename", other).0, 200);
    assert!(home.path().join("Robot").is_dir());

    let (status, state) = pod.post("/api/pipeline/stop", json!({}));
    assert_eq!(
        (status, &state["state"], &state["signal"]),
        (200, &json!("exited"), &json!(15))
    );
    assert_eq!(pod.post("/rename", rename).0, 200);
    let (status, state) = pod.post("/api/pipeline/restart", json!({}));
    assert_eq!((status, &state["state"]), (200, &json!("running")));
    assert_eq!(pod.lines(2), ["Robot", "Hero"]);
    let there = json!({"project_name": "Third"});
    assert_eq!(pod.post("/api/pipeline/restart", there).0, 200);
    assert_eq!(pod.lines(3)[2], "Third");
    let nowhere = json!({"project_name": "Nowhere"});
    let (status, answer) = pod.post("/api/pipeline/restart", nowhere);
    assert_eq!(
        (status, &answer["code"]),
        (404, &json!("project_not_found"))
    );
    assert_eq!(pod.get("/api/pipeline")["state"], "running");
}

#[test]
fn signals_reach_the_command_and_the_server_ends_with_it() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "trap 'echo usr; touch usr' USR1; trap 'touch term; exit 0' TERM; echo ready; \
                  while :; do sleep 0.05; done";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    pod.lines(1);
    pod.signal("USR1");
    assert_eq!(pod.lines(2)[1], "usr");
    assert_eq!(pod.get("/api/pipeline")["state"], "running");
    pod.signal("TERM");
    assert_eq!(pod.wait(), Some(0));
    assert!(home.path().join("Robot/term").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_ends_both_unless_it_is_ignored() {
    for (how, is_ended) in [
        ("--default-signal=HUP", true),
        ("--ignore-signal=HUP", false),
    ] {
        let home = tempfile::tempdir().expect("a directory");
        let script = "trap 'echo usr' USR1; echo ready; while :; do sleep 0.05; done";
        let args = ["serve", "--port", "0", "--", "sh", "-c", script];
        let serve = podslate(home.path(), &args, &NAMED);
        let mut command = Command::new("env");
        command.arg(how).arg(PODSLATE).args(serve.get_args());
        copy_environment(&serve, &mut command);
        let mut pod = Pod::spawn(&mut command);
        pod.lines(1);
        pod.signal("HUP");
        if is_ended {
            assert_eq!(pod.wait(), Some(0));
        } else {
            // The next signal has arrived, so the hangup would have done its work.
            pod.signal("USR1");
            assert_eq!(pod.lines(2)[1], "usr");
            assert_eq!(pod.get("/api/pipeline")["state"], "running");
            pod.signal("TERM");
            assert_eq!(pod.wait(), Some(0));
        }
    }
}

#[test]
fn a_command_that_ignores_the_signal_is_killed_with_its_children() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "trap '' TERM; echo $$; sh -c 'trap \"\" TERM; echo $$; sleep 601; :'; sleep 602";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    let ids = pod.lines(2);
    assert!(ids.iter().all(|id| is_alive(id)));
    pod.signal("TERM");
    let start = Instant::now();
    assert_eq!(pod.wait(), Some(0));
    assert!(
        start.elapsed().as_secs() < 10,
        "a container is killed after ten seconds"
    );
    for id in ids {
        assert!(!is_alive(&id), "{id} lives");
    }
}

/// Whether a process runs and is no zombie.
fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_command_that_cannot_be_started_is_reported_and_the_server_serves() {
    let home = tempfile::tempdir().expect("a directory");
    let args = ["serve", "--port", "0", "--", "no-such-program"];
    let pod = Pod::spawn(&mut podslate(home.path(), &args, &NAMED));
    let state = pod.get("/api/pipeline");
    assert_eq!(state["state"], "failed");
    assert_eq!(state["error"]["code"], "pipeline_failed");
    let sentence = state["error"]["error"].as_str().expect("a sentence");
    assert!(
        sentence.contains("there is no program `no-such-program`"),
        "{sentence}"
    );
    assert!(home.path().join("Robot/pipeline/config.json").is_file());
}

#[test]
fn a_batch_pod_ends_with_its_pipeline() {
    let home = tempfile::tempdir().expect("a directory");
    let exit = |command: &[&str]| {
        let args = [
            &["serve", "--port", "0", "--exit-with-pipeline", "--"],
            command,
        ]
        .concat();
        run(home.path(), &args, &NAMED).status.code()
    };
    assert_eq!(exit(&["sh", "-c", "exit 5"]), Some(5));
    assert_eq!(exit(&["true"]), Some(0));
    assert_eq!(exit(&["no-such-program"]), Some(2));
    // Without a pipeline there is nothing to end with.
    let args = ["serve", "--port", "0", "--exit-with-pipeline"];
    assert_eq!(run(home.path(), &args, &NAMED).status.code(), Some(2));
}

#[test]
fn a_batch_pod_outlives_a_restart_and_ends_with_the_signal_of_its_pipeline() {
    let home = tempfile::tempdir().expect("a directory");
    let args = [
        "serve",
        "--port",
        "0",
        "--exit-with-pipeline",
        "--",
        "sleep",
        "600",
    ];
    let mut pod = Pod::spawn(&mut podslate(home.path(), &args, &NAMED));
    for _ in 0..5 {
        pod.wait_until("running");
        let (status, state) = pod.post("/api/pipeline/restart", json!({}));
        assert_eq!((status, &state["state"]), (200, &json!("running")));
    }
    assert_eq!(pod.post("/api/pipeline/stop", json!({})).0, 200);
    assert_eq!(pod.wait(), Some(128 + 15));
}

#[test]
fn processes_that_the_command_leaves_behind_end_with_the_server() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "sleep 600 & echo $!; exit 0";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    pod.wait_until("exited");
    let id = pod.lines(1).remove(0);
    assert!(is_alive(&id));
    pod.signal("TERM");
    assert_eq!(pod.wait(), Some(0));
    assert!(!is_alive(&id), "{id} lives");
}

#[test]
fn the_last_lines_of_a_flood_are_in_the_log() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "seq 1 1000; echo LAST; exit 3";
    let args = [
        "serve",
        "--port",
        "0",
        "--exit-with-pipeline",
        "--",
        "sh",
        "-c",
        script,
    ];
    let output = run(home.path(), &args, &NAMED);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        log.contains("LAST") && log.contains("skipped lines"),
        "{log}"
    );
}

#[test]
fn a_flood_does_not_keep_the_server_from_answering() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &NAMED, "yes flood");
    assert_eq!(pod.lines(500).len(), 500);
    let start = Instant::now();
    assert_eq!(pod.get("/health")["status"], "healthy");
    assert_eq!(pod.create("Other"), 201);
    assert!(start.elapsed().as_secs_f32() < 2.0, "{:?}", start.elapsed());
    assert_eq!(pod.post("/api/pipeline/stop", json!({})).0, 200);
}

#[test]
fn a_restart_without_a_command_or_a_project_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &[], "");
    assert_eq!(pod.get("/api/pipeline")["state"], "none");
    let (status, answer) = pod.post("/api/pipeline/restart", json!({}));
    assert_eq!((status, &answer["code"]), (409, &json!("pipeline_missing")));
    drop(pod);
    let pod = Pod::start(home.path(), &[], "true");
    let (status, answer) = pod.post("/api/pipeline/restart", json!({}));
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("pipeline_without_project"))
    );
}

/// Gives a command the environment of another one.
fn copy_environment(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

/// As process 1 of a container, the program reaps what the pipeline leaves behind.
#[test]
fn the_first_process_reaps_orphans() {
    let home = tempfile::tempdir().expect("a directory");
    let unshare = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-pf", "--mount-proc"]).args(words);
        command
    };
    let probe = unshare(&["true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        testing::skip(
            "startup::pipeline::the_first_process_reaps_orphans",
            "no process can be the first of a namespace here",
        );
        return;
    }
    // The orphan dies at once and becomes a zombie of /proc/1, which is the reaper, or is gone.
    let script = "(sh -c 'echo $$ > orphan' &) ; while [ ! -s orphan ]; do sleep 0.01; done; \
                  read id < orphan; \
                  for i in $(seq 500); do [ -e /proc/$id ] || exit 42; sleep 0.01; done; exit 1";
    let args = [
        "serve",
        "--port",
        "0",
        "--exit-with-pipeline",
        "--",
        "sh",
        "-c",
        script,
    ];
    let serve = podslate(home.path(), &args, &NAMED);
    let mut first = unshare(&[PODSLATE]);
    copy_environment(&serve, first.args(serve.get_args()));
    let output = first.output().expect("unshare runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(42), "{errors}");
}
