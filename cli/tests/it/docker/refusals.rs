//! Docker that cannot be used, and pods that do not start.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use testing::{Server, wait_until};

use super::Docker;
use crate::pods::workstation::{Workstation, names};
use crate::program::is_project;

/// The error of a command that finds no pod to use: its sentence and its hint.
fn refused(machine: &Workstation, arguments: &[&str]) -> (String, String) {
    let (code, answer) = machine.json(arguments);
    assert_eq!(
        (code, &answer["code"]),
        (2, &json!("provider_failed")),
        "{answer}"
    );
    let text = |key: &str| answer[key].as_str().expect("a text").to_owned();
    (text("error"), text("hint"))
}

#[test]
fn a_pod_that_ends_at_once_leaves_nothing_but_its_reason() {
    let test = "docker::refusals::a_pod_that_ends_at_once_leaves_nothing_but_its_reason";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("crash");
    machine.settings("[docker]\nimage = \"crash\"\nworkspace = \"3D in\"");
    let folder = machine.path("3D in");
    let (error, _) = refused(&machine, &["new", "Robot", "--via", "start"]);
    assert!(
        error.contains("it ended with exit code 3; the end of its log: one / "),
        "{error}"
    );
    assert!(
        error.contains("the pipeline broke with [hidden]."),
        "{error}"
    );
    assert_eq!(docker.containers(), [""; 0]);
    assert!(!folder.exists());

    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["via"], &answer["pod"]),
        (0, &json!("local"), &Value::Null)
    );
    let push = format!(
        "podslate push Robot --workspace '{}' --endpoint URL --bucket VOLUME",
        folder.display()
    );
    assert_eq!(answer["next"][1], json!(push));
    assert!(is_project(&folder.join("Robot")));
    assert_eq!(docker.containers(), [""; 0]);
    let output = machine.run(&["new", "Hero"]);
    assert!(
        output
            .stderr
            .contains("On this machine, because there is no pod to use: ")
    );
    assert!(
        output
            .stderr
            .contains("\nTo bring it to a pod later:\n  podslate mount Hero ")
    );
}

/// What a person has done in it is kept, and the hint says how to be rid of it.
#[test]
fn a_pod_that_does_not_start_again_is_kept() {
    let Some(docker) = Docker::take("docker::refusals::a_pod_that_does_not_start_again_is_kept")
    else {
        return;
    };
    let machine = docker.machine("podslate");
    docker.run(&["run", "--detach", "--name", "podslate-Robot", "crash"]);
    let ended = || docker.inspect("podslate-Robot")["State"]["Status"] == "exited";
    assert!(wait_until(Duration::from_secs(20), ended));
    let (error, hint) = refused(&machine, &["new", "Robot", "--via", "start"]);
    assert!(error.contains("it ended with exit code 3"), "{error}");
    assert!(hint.contains("`docker rm podslate-Robot`"), "{hint}");
    assert_eq!(docker.containers(), ["podslate-Robot"]);
    docker.run(&["rm", "podslate-Robot"]);
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "start");
}

#[test]
fn a_start_that_docker_refuses_leaves_nothing() {
    let test = "docker::refusals::a_start_that_docker_refuses_leaves_nothing";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for (settings, sentence, step) in [
        (
            "image = \"absent\"",
            "there is no image `absent`",
            "Build the image or check",
        ),
        (
            &*format!("image = \"podslate\"\nport = {port}"),
            &*format!("port {port} of this machine is in use."),
            "another `port`",
        ),
        (
            "image = \"podslate\"\ngpus = \"all\"",
            "Docker refuses `--gpus all`: ",
            "remove `gpus` from `podslate.toml`",
        ),
    ] {
        let machine = docker.workstation();
        machine.settings(&format!("[docker]\n{settings}"));
        let (error, hint) = refused(&machine, &["new", "Robot", "--via", "start"]);
        assert!(error.contains(sentence), "{error}");
        assert!(hint.contains(step), "{hint}");
        assert!(!machine.path("workspace").exists());
        machine.creates_locally("Robot", sentence.trim_end_matches('.'));
        assert_eq!(docker.containers(), [""; 0]);
    }
    // The port alone was in the way.
    drop(listener);
    let machine = docker.workstation();
    machine.settings(&format!("[docker]\nimage = \"podslate\"\nport = {port}"));
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(answer["pod"]["url"], format!("http://127.0.0.1:{port}/"));
}

#[test]
fn an_engine_that_cannot_be_used_is_a_sentence() {
    let Some(docker) =
        Docker::take("docker::refusals::an_engine_that_cannot_be_used_is_a_sentence")
    else {
        return;
    };
    let mut machine = docker.machine("podslate");
    let socket = machine.path("none.sock");
    let server = Server::start(docker.program(), &machine.path("served")).expect("a server");
    let closed = format!("tcp://{}", server.address());
    machine.set("DOCKER_HOST", format!("unix://{}", socket.display()));
    for arguments in [
        &["new", "Robot", "--via", "start"][..],
        &["pods"],
        &["stop"],
        &["list"],
    ] {
        let (error, hint) = refused(&machine, arguments);
        let sentence = format!(
            "the Docker Engine at `unix://{}` is not running.",
            socket.display()
        );
        assert!(error.ends_with(&sentence), "{error}");
        assert!(hint.contains("Start Docker"), "{hint}");
    }
    machine.creates_locally("Robot", "is not running");
    // A server that is no Docker.
    machine.set("DOCKER_HOST", closed.clone());
    let (error, _) = refused(&machine, &["pods"]);
    assert!(
        error.contains(&format!(
            "the Docker Engine at `{closed}` does not respond: "
        )),
        "{error}"
    );

    machine.set("DOCKER_HOST", docker.host());
    machine.become_user(1001, 1001, &docker.program());
    let (error, hint) = refused(&machine, &["pods"]);
    let sentence = format!("you may not use the Docker Engine at `{}`.", docker.host());
    assert!(error.ends_with(&sentence), "{error}");
    assert!(hint.contains("the group that owns this socket"), "{hint}");
    machine.become_user(1001, docker.group(), &docker.program());
    assert_eq!(machine.json(&["pods"]).0, 0);
    machine.set("PATH", "/nowhere");
    machine.become_user(0, 0, &docker.program());
    let (error, _) = refused(&machine, &["pods"]);
    assert!(
        error.ends_with("there is no `docker` command on this machine."),
        "{error}"
    );
}

#[test]
fn waiting_for_a_pod_that_never_answers_ends() {
    let Some(docker) = Docker::take("docker::refusals::waiting_for_a_pod_that_never_answers_ends")
    else {
        return;
    };
    let machine = docker.machine("deaf");
    let (error, hint) = refused(&machine, &["new", "Robot", "--wait", "1", "--via", "start"]);
    let sentence = "is not ready after 1 second: it is running, but its server";
    assert!(error.contains(sentence), "{error}");
    assert!(hint.contains("podslate stop podslate-Robot"), "{hint}");
    let (code, answer) = machine.json(&["new", "Robot", "--wait", "1"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    assert_eq!(answer["pod"]["name"], "podslate-Robot");
    assert_eq!(docker.containers(), ["podslate-Robot"]);
    assert_eq!(names(&machine.path("workspace")), ["Robot"]);
}

/// The container is killed while `podslate new` waits for its server.
#[test]
fn a_pod_that_is_killed_while_it_starts_is_reported_and_removed() {
    let test = "docker::refusals::a_pod_that_is_killed_while_it_starts_is_reported_and_removed";
    let Some(docker) = Docker::take(test) else {
        return;
    };
    let machine = docker.machine("slow");
    let new = machine.command(&["new", "Robot", "--via", "start", "--json"]);
    let started = std::thread::spawn(move || {
        let mut new = new;
        new.output().expect("it runs")
    });
    let is_running = || {
        docker.containers() == ["podslate-Robot"]
            && docker.inspect("podslate-Robot")["State"]["Running"] == true
    };
    assert!(wait_until(Duration::from_secs(20), is_running));
    docker.run(&["kill", "podslate-Robot"]);
    let output = started.join().expect("an end");
    assert_eq!(output.status.code(), Some(2));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.contains("it ended with exit code 137"), "{error}");
    assert_eq!(docker.containers(), [""; 0]);
    assert!(fs::read_dir(machine.path("")).expect("a directory").count() > 0);
}
