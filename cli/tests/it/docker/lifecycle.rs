//! Pods from their start to their end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::Docker;
use crate::pods::workstation::{TOKEN, Workstation, names, wait_for};
use crate::program::is_project;

/// Sends a signal to a container, by the engine.
fn signal(docker: &Docker, signal: &str, name: &str) {
    docker.run(&["kill", "--signal", signal, name]);
}

fn creates(machine: &Workstation, name: &str, via: &str) -> Value {
    let (code, answer) = machine.json(&["new", name]);
    assert_eq!((code, &answer["via"]), (0, &json!(via)), "{answer}");
    answer
}

fn start_two(machine: &Workstation) {
    for name in ["Robot", "Hero"] {
        assert_eq!(machine.json(&["new", name, "--via", "start"]).0, 0);
    }
}

#[test]
fn a_pod_is_started_with_the_name_and_creates_the_project() {
    let test = "docker::lifecycle::a_pod_is_started_with_the_name_and_creates_the_project";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("podslate");
    let output = machine.run(&["new", "Robot"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(
        output.stdout,
        "Created project Robot in /workspace/Robot.\n"
    );
    let stages = output
        .stderr
        .lines()
        .filter(|line| !line.starts_with("Waiting for the pod: "));
    assert_eq!(
        stages.collect::<Vec<_>>(),
        [
            "Looking for pods of Docker",
            "Starting the pod `podslate-Robot` with Docker",
            "To stop the pod `podslate-Robot`: podslate stop podslate-Robot",
            "Looking for `Robot` on the pod",
            "On its own pod `podslate-Robot`, because no pod is running.",
        ]
    );
    let workspace = machine.path("workspace");
    assert!(is_project(&workspace.join("Robot")));
    let container = docker.inspect("podslate-Robot");
    let variables = container["Config"]["Env"].as_array().expect("variables");
    assert!(variables.contains(&json!("PROJECT_NAME=Robot")));
    assert!(variables.contains(&json!(format!("PODSLATE_TOKEN={TOKEN}"))));
    assert_eq!(container["Mounts"][0]["Source"], json!(workspace));
    let bindings = &container["HostConfig"]["PortBindings"]["8080/tcp"];
    assert_eq!(bindings[0]["HostIp"], "127.0.0.1");

    // The pod runs now, so its API creates the next project.
    let answer = creates(&machine, "Hero", "api");
    assert_eq!(answer["why"], "the pod `podslate-Robot` is running");
    assert_eq!(names(&workspace), ["Hero", "Robot"]);
    assert_eq!(
        machine.json(&["list"]).1["projects"],
        json!(["Hero", "Robot"])
    );
    assert_eq!(machine.json(&["rename", "Hero", "Heroine"]).0, 0);
    assert_eq!(names(&workspace), ["Heroine", "Robot"]);
    assert_eq!(docker.containers(), ["podslate-Robot"]);
}

#[test]
fn a_stopped_pod_is_started_again() {
    let Some(docker) = Docker::take("docker::lifecycle::a_stopped_pod_is_started_again") else {
        return;
    };
    let machine = docker.machine("podslate");
    let first = creates(&machine, "Robot", "start");
    assert_eq!(first["action"], "created");
    let again = creates(&machine, "Robot", "start");
    assert_eq!(
        (&again["action"], &again["added"]),
        (&json!("completed"), &json!([]))
    );
    assert_eq!(again["pod"], first["pod"]);

    let output = machine.run(&["stop"]);
    assert_eq!(
        (output.code, &*output.stdout),
        (0, "Stopped the pod podslate-Robot.\n")
    );
    assert_eq!(docker.inspect("podslate-Robot")["State"]["ExitCode"], 0);
    creates(&machine, "Robot", "start");
    signal(&docker, "KILL", "podslate-Robot");
    creates(&machine, "Robot", "start");
    assert_eq!(docker.containers(), ["podslate-Robot"]);
    assert_eq!(names(&machine.path("workspace")), ["Robot"]);
}

#[test]
fn pods_are_listed() {
    let Some(docker) = Docker::take("docker::lifecycle::pods_are_listed") else {
        return;
    };
    let machine = docker.machine("podslate");
    let (code, answer) = machine.json(&["pods"]);
    assert_eq!(
        (code, &answer["pods"], &answer["count"]),
        (0, &json!([]), &json!(0))
    );
    docker.run(&["run", "--detach", "--name", "other", "deaf"]);
    start_two(&machine);

    let (_, answer) = machine.json(&["pods"]);
    let pods = answer["pods"].as_array().expect("pods");
    let rows: Vec<_> = pods
        .iter()
        .map(|pod| json!([pod["name"], pod["project"], pod["state"]]))
        .collect();
    assert_eq!(
        rows,
        [
            json!(["podslate-Hero", "Hero", "running"]),
            json!(["podslate-Robot", "Robot", "running"]),
        ]
    );
    let output = machine.run(&["pods"]);
    let line = output.stdout.lines().next().expect("a line");
    let cells: Vec<&str> = line
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    assert_eq!(cells[..3], ["podslate-Hero", "Hero", "running"]);
    assert!(
        cells[3].ends_with("second") || cells[3].ends_with("seconds"),
        "{line}"
    );
    assert_eq!(json!(cells[4]), pods[0]["url"]);
}

#[test]
fn with_several_pods_the_user_names_one() {
    let Some(docker) = Docker::take("docker::lifecycle::with_several_pods_the_user_names_one")
    else {
        return;
    };
    let machine = docker.machine("podslate");
    start_two(&machine);
    let (code, answer) = machine.json(&["new", "Third"]);
    assert_eq!((code, &answer["code"]), (1, &json!("pod_ambiguous")));
    let sentence = answer["error"].as_str().expect("a sentence");
    let (_, pods) = machine.json(&["pods"]);
    let url = pods["pods"][0]["url"].as_str().expect("an address");
    assert!(
        sentence.contains(&format!("`podslate-Hero` at {url}")),
        "{sentence}"
    );
    assert_eq!(machine.json(&["list"]).0, 1);
    let (code, answer) = machine.json(&["stop"]);
    assert_eq!((code, &answer["code"]), (1, &json!("pod_ambiguous")));
    let hint = "Name one: `podslate stop podslate-Hero` or `podslate stop podslate-Robot`.";
    assert_eq!(answer["hint"], hint);
    let (code, answer) = machine.json(&["stop", "Third"]);
    assert_eq!((code, &answer["code"]), (1, &json!("pod_not_found")));
}

#[test]
fn pods_are_stopped() {
    let Some(docker) = Docker::take("docker::lifecycle::pods_are_stopped") else {
        return;
    };
    let machine = docker.machine("podslate");
    let (code, answer) = machine.json(&["stop"]);
    assert_eq!((code, &answer["code"]), (1, &json!("no_pod_running")));
    docker.run(&["run", "--detach", "--name", "other", "deaf"]);
    start_two(&machine);
    let (code, answer) = machine.json(&["stop", "Hero"]);
    assert_eq!(
        (code, &answer["was_stopped"]),
        (0, &json!(false)),
        "{answer}"
    );
    assert_eq!(machine.json(&["stop", "Hero"]).1["was_stopped"], true);
    let output = machine.run(&["pods"]);
    assert!(
        output
            .stdout
            .starts_with("podslate-Hero   Hero   stopped  "),
        "{output:?}"
    );
    assert_eq!(
        output.stderr,
        "`podslate-Hero`: it ended with exit code 0.\n"
    );
    assert_eq!(machine.json(&["stop"]).1["pod"]["name"], "podslate-Robot");
    assert_eq!(docker.inspect("other")["State"]["Status"], "running");
}

/// The pod's environment keeps the former name.
#[test]
fn a_restart_after_a_rename_makes_no_empty_project() {
    let test = "docker::lifecycle::a_restart_after_a_rename_makes_no_empty_project";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("podslate");
    creates(&machine, "Robot", "start");
    let workspace = machine.path("workspace");
    for (old, new) in [("Robot", "Hero"), ("Hero", "Heroine")] {
        assert_eq!(machine.json(&["rename", old, new]).0, 0);
        docker.run(&["restart", "podslate-Robot"]);
        let projects = wait_for("the projects", || {
            let (code, answer) = machine.json(&["list"]);
            (code == 0).then(|| answer["projects"].clone())
        });
        assert_eq!(projects, json!([new]));
        assert_eq!(names(&workspace), [new]);
        let (_, answer) = machine.json(&["pods"]);
        assert_eq!(answer["pods"][0]["project"], new);
        assert_eq!(answer["pods"][0]["name"], "podslate-Robot");
    }
    // A name that no project had is the control.
    docker.run(&["rm", "--force", "podslate-Robot"]);
    creates(&machine, "Other", "start");
    assert_eq!(names(&workspace), ["Heroine", "Other"]);
    assert_eq!(machine.json(&["stop", "Other"]).0, 0);
}

#[test]
fn a_pod_is_stopped_by_the_present_name_of_its_project() {
    let test = "docker::lifecycle::a_pod_is_stopped_by_the_present_name_of_its_project";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("podslate");
    creates(&machine, "Robot", "start");
    assert_eq!(machine.json(&["rename", "Robot", "Hero"]).0, 0);
    let (code, answer) = machine.json(&["stop", "Hero"]);
    assert_eq!(
        (code, &answer["pod"]["name"]),
        (0, &json!("podslate-Robot"))
    );
    assert_eq!(
        docker.inspect("podslate-Robot")["State"]["Status"],
        "exited"
    );
}

/// The first run is killed while it waits; the next one continues with the same pod.
#[test]
fn an_interrupted_run_leaves_one_pod() {
    let Some(docker) = Docker::take("docker::lifecycle::an_interrupted_run_leaves_one_pod") else {
        return;
    };
    let machine = docker.machine("slow");
    let mut child = machine.start(&["new", "Robot"]);
    let is_running = || {
        let running = docker.containers().contains(&"podslate-Robot".to_owned())
            && docker.inspect("podslate-Robot")["State"]["Running"] == true;
        running.then_some(())
    };
    wait_for("a pod", is_running);
    child.kill().expect("killed");
    child.wait().expect("an end");
    fs::write(machine.path("workspace/go"), "").expect("a file");
    creates(&machine, "Robot", "start");
    assert_eq!(docker.containers(), ["podslate-Robot"]);
    assert!(is_project(&machine.path("workspace/Robot")));
}

/// A run that was killed between its two requests to Docker.
#[test]
fn a_pod_that_was_never_started_is_started() {
    let test = "docker::lifecycle::a_pod_that_was_never_started_is_started";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("podslate");
    let plan = machine.run(&["new", "Robot", "--dry-run"]).stdout;
    let (_, command) = plan.split_once('\n').expect("two lines");
    fs::create_dir(machine.path("workspace")).expect("a directory");
    let create = command.replace("docker run -d", "docker create");
    assert_eq!(machine.shell(&create).code, 0, "{create}");
    assert_eq!(
        machine.json(&["pods"]).1["pods"][0]["reason"],
        "it was never started"
    );
    creates(&machine, "Robot", "start");
    assert!(is_project(&machine.path("workspace/Robot")));
}

#[test]
fn a_pod_without_the_project_is_asked_to_create_it() {
    let test = "docker::lifecycle::a_pod_without_the_project_is_asked_to_create_it";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("plain");
    assert_eq!(creates(&machine, "Robot", "start")["action"], "created");
    assert_eq!(names(&machine.path("workspace")), ["Robot"]);
}

#[test]
fn a_wrong_name_and_a_dry_run_start_no_pod() {
    let test = "docker::lifecycle::a_wrong_name_and_a_dry_run_start_no_pod";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("podslate");
    for name in ["My Robot", "CON", ""] {
        assert_eq!(machine.json(&["new", name]).0, 1, "{name}");
    }
    assert_eq!(docker.calls("ps") + docker.calls("create"), 0);
    let output = machine.run(&["new", "Robot", "--dry-run"]);
    assert_eq!(output.code, 0, "{output:?}");
    let source = machine.path("workspace");
    let (_, command) = output.stdout.split_once('\n').expect("two lines");
    assert!(
        command.starts_with("docker run -d --name podslate-Robot "),
        "{command}"
    );
    assert_eq!((docker.calls("ps"), docker.calls("create")), (1, 0));
    assert!(docker.containers().is_empty() && !source.exists());
    // The printed line works.
    fs::create_dir(&source).expect("a directory");
    assert_eq!(machine.shell(command).code, 0);
    wait_for("the project", || {
        is_project(&source.join("Robot")).then_some(())
    });
}

#[test]
fn a_token_is_generated_once_and_kept() {
    let Some(docker) = Docker::take("docker::lifecycle::a_token_is_generated_once_and_kept") else {
        return;
    };
    let mut machine = docker.machine("podslate");
    machine.unset("PODSLATE_TOKEN");
    assert_eq!(machine.run(&["new", "Robot"]).code, 0);
    let kept = machine.path(".config/podslate/token");
    let token = fs::read_to_string(&kept).expect("a token");
    let mode = kept.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let variable = format!("PODSLATE_TOKEN={}", token.trim());
    let container = docker.inspect("podslate-Robot");
    let variables = container["Config"]["Env"].as_array().expect("variables");
    assert!(variables.contains(&json!(variable)));
    let output = machine.run(&["new", "Hero"]);
    let shown = format!("{output:?}");
    assert!(output.code == 0 && !shown.contains(token.trim()), "{shown}");
    assert_eq!(fs::read_to_string(&kept).expect("a token"), token);
}
