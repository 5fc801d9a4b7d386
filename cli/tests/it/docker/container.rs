//! The image's program as the first process of a container, and its health check.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::wait_until;

use super::Docker;
use crate::pods::workstation::wait_for;

/// A container of the image, with a pipeline.
fn start(docker: &Docker, options: &[&str], pipeline: &str) {
    let run = [
        "run",
        "--detach",
        "--name",
        "pod",
        "-e",
        "PROJECT_NAME=Robot",
    ];
    let token = ["-e", "PODSLATE_TOKEN=canary-token-0123456789abcdef"];
    let command = ["podslate", "--", "sh", "-c", pipeline];
    docker.run(&[&run[..], &token, options, &command].concat());
}

#[test]
fn docker_reports_the_health() {
    let Some(docker) = Docker::take("docker::container::docker_reports_the_health") else {
        return;
    };
    let health = |status: &str| {
        wait_for(status, || {
            let container = docker.inspect("pod");
            (container["State"]["Health"]["Status"] == status).then_some(container)
        })
    };
    start(&docker, &["--health-interval", "200ms"], "sleep 600");
    let container = health("healthy");
    let test = json!(["CMD", "podslate", "health"]);
    assert_eq!(container["Config"]["Healthcheck"]["Test"], test);
    docker.run(&["rm", "--force", "pod"]);
    // The control: a server that does not serve.
    let options = [
        "--health-interval",
        "200ms",
        "--health-retries",
        "1",
        "--name",
        "pod",
    ];
    let run = [&["run", "--detach"][..], &options, &["deaf"]].concat();
    docker.run(&run);
    let container = health("unhealthy");
    let log: &Value = &container["State"]["Health"]["Log"][0];
    assert_eq!(log["ExitCode"], 2, "{log}");
}

/// Processes that the pipeline leaves behind are reaped by the first process, which is podslate.
#[test]
fn the_first_process_reaps_what_the_pipeline_leaves() {
    let test = "docker::container::the_first_process_reaps_what_the_pipeline_leaves";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    // Each inner shell ends before its child, which becomes an orphan and ends, too.
    let pipeline =
        "for i in 1 2 3 4 5; do sh -c 'sleep 0.1 & echo $! >> /tmp/log'; done; sleep 600";
    start(&docker, &[], pipeline);
    let orphans = wait_for("the orphans", || {
        let log = docker.run(&["exec", "pod", "sh", "-c", "cat /tmp/log 2>&1 || true"]);
        (log.lines().count() == 5).then_some(log)
    });
    let states = "for f in /proc/[0-9]*/stat; do cat $f; done 2>/dev/null || true";
    let stat = || docker.run(&["exec", "pod", "sh", "-c", states]);
    let is_gone = || {
        let stat = stat();
        let is_there = |id: &str| {
            stat.lines()
                .any(|line| line.starts_with(&format!("{id} (")))
        };
        !orphans.lines().any(is_there)
    };
    assert!(wait_until(Duration::from_secs(20), is_gone), "{}", stat());
    // The control: the pipeline itself is still listed, and the server is the first process.
    let stat = stat();
    assert!(
        stat.lines().any(|line| line.starts_with("1 (podslate)")),
        "{stat}"
    );
    assert!(stat.contains("(sleep)"), "{stat}");
}

#[test]
fn a_container_ends_in_time_with_a_pipeline_that_ignores_signals() {
    let test = "docker::container::a_container_ends_in_time_with_a_pipeline_that_ignores_signals";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let stop = |pipeline: &str| {
        start(&docker, &[], pipeline);
        wait_for("the pipeline", || {
            log_of(&docker).contains("ready").then_some(())
        });
        let begin = Instant::now();
        docker.run(&["stop", "pod"]);
        let time = begin.elapsed();
        let code = docker.inspect("pod")["State"]["ExitCode"].clone();
        docker.run(&["rm", "pod"]);
        (code, time)
    };
    let (code, time) = stop("echo ready; exec sleep 600");
    assert_eq!(code, 0);
    assert!(time < Duration::from_secs(4), "{time:?}");
    // Before Docker kills it, which is after 10 seconds and has the code 137.
    let (code, time) = stop("trap '' TERM INT HUP; echo ready; while :; do sleep 1; done");
    assert_eq!(code, 0, "{time:?}");
    assert!(
        time > Duration::from_secs(4) && time < Duration::from_secs(10),
        "{time:?}"
    );
}

/// What the container has printed.
fn log_of(docker: &Docker) -> String {
    let output = docker.output(&["logs", "pod"]);
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}
