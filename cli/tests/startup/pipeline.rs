//! The command beside the server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::pod::{Pod, client, podslate, run};

const NAMED: [(&str, &str); 1] = [("PROJECT_NAME", "Robot")];

#[tokio::test]
async fn it_runs_in_the_project_and_the_server_outlives_it() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "pwd; echo $PROJECT_NAME; echo $PROJECT_ROOT; echo $WORKSPACE; exit 7";
    let pod = Pod::start(home.path(), &NAMED, script);
    let state = pod.until("exited").await;
    assert_eq!(
        (&state["exit_code"], &state["project_name"]),
        (&json!(7), &json!("Robot"))
    );
    let root = home.path().join("Robot");
    let root = root.to_str().expect("Unicode");
    let workspace = home.path().to_str().expect("Unicode");
    assert_eq!(pod.lines(4).await, [root, "Robot", root, workspace]);
    assert_eq!(pod.create("Other").await, 201);
}

#[tokio::test]
async fn a_running_project_cannot_be_renamed_and_a_stopped_one_can() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &NAMED, "echo $PROJECT_NAME; exec sleep 600");
    pod.lines(1).await;
    let rename = json!({"old_name": "Robot", "new_name": "Hero"});
    let (status, answer) = pod.post("rename", rename.clone()).await;
    assert_eq!((status, &answer["code"]), (409, &json!("busy")));
    assert_eq!(pod.create("Other").await, 201);
    let other = json!({"new_name": "Third"});
    assert_eq!(pod.post("api/projects/Other/rename", other).await.0, 200);
    assert!(home.path().join("Robot").is_dir());

    let (status, state) = pod.post("api/pipeline/stop", json!({})).await;
    assert_eq!(
        (status, &state["state"], &state["signal"]),
        (200, &json!("exited"), &json!(15))
    );
    assert_eq!(pod.post("rename", rename).await.0, 200);
    let (status, state) = pod.post("api/pipeline/restart", json!({})).await;
    assert_eq!((status, &state["state"]), (200, &json!("running")));
    assert_eq!(pod.lines(2).await, ["Robot", "Hero"]);
    let there = json!({"project_name": "Third"});
    assert_eq!(pod.post("api/pipeline/restart", there).await.0, 200);
    assert_eq!(pod.lines(3).await[2], "Third");
    let nowhere = json!({"project_name": "Nowhere"});
    let (status, answer) = pod.post("api/pipeline/restart", nowhere).await;
    assert_eq!(
        (status, &answer["code"]),
        (404, &json!("project_not_found"))
    );
    assert_eq!(pod.get("api/pipeline").await["state"], "running");
}

#[tokio::test]
async fn signals_reach_it_and_the_server_ends_with_it() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "trap 'echo usr; touch usr' USR1; trap 'touch term; exit 0' TERM; echo ready; \
                  while :; do sleep 0.05; done";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    pod.lines(1).await;
    pod.signal("USR1");
    assert_eq!(pod.lines(2).await[1], "usr");
    assert_eq!(pod.get("api/pipeline").await["state"], "running");
    pod.signal("TERM");
    assert_eq!(pod.ended(), Some(0));
    assert!(home.path().join("Robot/term").exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hangup_ends_both_unless_it_is_ignored() {
    for (how, is_ended) in [
        ("--default-signal=HUP", true),
        ("--ignore-signal=HUP", false),
    ] {
        let home = tempfile::tempdir().expect("a directory");
        let script = "echo ready; exec sleep 600";
        let args = ["serve", "--port", "0", "--", "sh", "-c", script];
        let serve = podslate(home.path(), &args, &NAMED);
        let mut command = Command::new("env");
        command
            .arg(how)
            .arg(serve.get_program())
            .args(serve.get_args());
        command.envs(NAMED).env_remove("PODSLATE_TOKEN");
        let mut pod = Pod::started(&mut command);
        pod.lines(1).await;
        pod.signal("HUP");
        if is_ended {
            assert_eq!(pod.ended(), Some(0));
        } else {
            assert_eq!(pod.get("api/pipeline").await["state"], "running");
        }
    }
}

#[tokio::test]
async fn one_that_ignores_the_signal_is_ended_by_force_with_its_children() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "trap '' TERM; echo $$; sh -c 'trap \"\" TERM; echo $$; sleep 601; :'; sleep 602";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    let ids = pod.lines(2).await;
    pod.signal("TERM");
    let start = Instant::now();
    assert_eq!(pod.ended(), Some(0));
    assert!(
        start.elapsed().as_secs() < 10,
        "a container is killed after ten seconds"
    );
    for id in ids {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        assert!(
            stat.is_empty() || stat.contains(") Z "),
            "{id} lives: {stat}"
        );
    }
}

#[tokio::test]
async fn one_that_cannot_be_started_is_said_and_the_server_serves() {
    let home = tempfile::tempdir().expect("a directory");
    let args = ["serve", "--port", "0", "--", "no-such-program"];
    let server = crate::server::Server::start_as(&mut podslate(home.path(), &args, &NAMED));
    let state = client()
        .get(format!("{}api/pipeline", server.url))
        .send()
        .await
        .expect("an answer");
    let state: serde_json::Value = state.json().await.expect("JSON");
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
    let alone = run(
        home.path(),
        &["serve", "--port", "0", "--exit-with-pipeline"],
        &NAMED,
    );
    assert_eq!(alone.status.code(), Some(2));
}

#[tokio::test]
async fn a_batch_pod_outlives_a_restart_and_ends_with_the_signal_of_its_pipeline() {
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
    let mut pod = Pod::started(&mut podslate(home.path(), &args, &NAMED));
    for _ in 0..5 {
        pod.until("running").await;
        let (status, state) = pod.post("api/pipeline/restart", json!({})).await;
        assert_eq!((status, &state["state"]), (200, &json!("running")));
    }
    assert_eq!(pod.post("api/pipeline/stop", json!({})).await.0, 200);
    assert_eq!(pod.ended(), Some(128 + 15));
}

#[tokio::test]
async fn what_it_leaves_behind_ends_with_it() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "sleep 600 & echo $!; exit 0";
    let mut pod = Pod::start(home.path(), &NAMED, script);
    pod.until("exited").await;
    let id = pod.lines(1).await.remove(0);
    let is_alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    assert!(is_alive());
    pod.signal("TERM");
    assert_eq!(pod.ended(), Some(0));
    assert!(!is_alive(), "{id} lives");
}

#[test]
fn the_last_words_of_a_flood_are_in_the_log() {
    let home = tempfile::tempdir().expect("a directory");
    let script = "seq 1 1000; echo LAST >&2; exit 3";
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
    assert!(log.contains("LAST") && log.contains("left out"), "{log}");
}

#[tokio::test]
async fn a_flood_does_not_keep_the_server_from_answering() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &NAMED, "yes flood");
    assert_eq!(pod.lines(500).await.len(), 500);
    let start = Instant::now();
    assert_eq!(pod.get("health").await["status"], "healthy");
    assert_eq!(pod.create("Other").await, 201);
    assert!(start.elapsed().as_secs_f32() < 2.0, "{:?}", start.elapsed());
    assert_eq!(pod.post("api/pipeline/stop", json!({})).await.0, 200);
}

#[tokio::test]
async fn without_a_command_there_is_none_to_restart() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &[], "");
    assert_eq!(pod.get("api/pipeline").await["state"], "none");
    let (status, answer) = pod.post("api/pipeline/restart", json!({})).await;
    assert_eq!((status, &answer["code"]), (409, &json!("pipeline_missing")));
    drop(pod);
    let pod = Pod::start(home.path(), &[], "true");
    let (status, answer) = pod.post("api/pipeline/restart", json!({})).await;
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("pipeline_without_project"))
    );
}

/// As process 1 of a container, the program reaps what the pipeline leaves behind.
#[test]
fn as_the_first_process_it_reaps_orphans() {
    let home = tempfile::tempdir().expect("a directory");
    let may = Command::new("unshare")
        .args(["-pf", "--mount-proc", "true"])
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this machine lets no process be the first of a namespace");
        return;
    }
    // The orphan dies at once; a zombie would be seen by the second look. /proc/1 is the reaper.
    let script = "(sh -c 'echo $$ > orphan' &) ; while [ ! -s orphan ]; do sleep 0.01; done; \
                  read id < orphan; \
                  for i in $(seq 500); do [ -e /proc/$id ] || exit 42; sleep 0.01; done; exit 1";
    let first = |workspace: &Path| {
        let mut command = Command::new("unshare");
        let program = env!("CARGO_BIN_EXE_podslate");
        command
            .args([
                "-pf",
                "--mount-proc",
                program,
                "serve",
                "--port",
                "0",
                "--workspace",
            ])
            .arg(workspace)
            .args(["--exit-with-pipeline", "--", "sh", "-c", script])
            .envs(NAMED)
            .stdin(Stdio::null())
            .output()
            .expect("unshare runs")
    };
    let output = first(home.path());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(42), "{errors}");
}
