//! Pods by Docker: a stand-in for the `docker` command, and real servers as its containers.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{TOKEN, Workstation, is_project, names, until};

/// A Docker that ends its containers with itself.
struct Docker {
    home: TempDir,
}

impl Docker {
    /// A Docker, in the path of a workstation.
    fn on(desk: &mut Workstation) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let python = std::env::var("PODSLATE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pods/docker.py");
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        let shim = format!(
            "#!/bin/sh\nPODSLATE_TEST_DOCKER='{}' PODSLATE_TEST_PROGRAM='{}' exec '{python}' \
             '{script}' \"$@\"\n",
            home.path().display(),
            env!("CARGO_BIN_EXE_podslate"),
        );
        let docker = bin.join("docker");
        std::fs::write(&docker, shim).expect("a file");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&docker, executable).expect("permissions");
        let path = std::env::var("PATH").unwrap_or_default();
        desk.set("PATH", format!("{}:{path}", bin.display()));
        Self { home }
    }

    /// The arguments of every call of a command.
    fn calls(&self, command: &str) -> Vec<Vec<String>> {
        let all = std::fs::read_to_string(self.home.path().join("calls")).unwrap_or_default();
        let calls = all
            .lines()
            .map(|line| serde_json::from_str::<Vec<String>>(line).expect("JSON"));
        calls.filter(|call| call[0] == command).collect()
    }

    /// The container of a name.
    fn container(&self, name: &str) -> Option<Value> {
        let text = std::fs::read_to_string(self.home.path().join(format!("{name}.json"))).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Ends a container, as its own end would.
    fn stop(&self, name: &str) {
        let stopped = Command::new(self.home.path().join("bin/docker"))
            .args(["stop", name])
            .status()
            .expect("it runs");
        assert!(stopped.success());
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let containers = names(self.home.path());
        for name in containers
            .iter()
            .filter_map(|name| name.strip_suffix(".json"))
        {
            if let Some(pid) = self.container(name).and_then(|one| one["pid"].as_i64()) {
                let group = format!("-{pid}");
                let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
            }
        }
    }
}

fn desk(image: &str) -> (Workstation, Docker) {
    let mut desk = Workstation::new();
    let docker = Docker::on(&mut desk);
    desk.settings(&format!("wait = 60\n[docker]\nimage = \"{image}\""));
    (desk, docker)
}

#[test]
fn a_pod_is_started_with_the_name_and_makes_the_project() {
    let (desk, docker) = desk("slow");
    let told = desk.run(&["new", "Robot"]);
    assert_eq!(told.code, 0, "{told:?}");
    let workspace = desk.path("workspace");
    let run = [
        "run",
        "-d",
        "--name",
        "podslate-Robot",
        "-e",
        "PROJECT_NAME=Robot",
        "-e",
        "PODSLATE_TOKEN",
        "-p",
        "127.0.0.1::8080",
        "--mount",
        &format!("type=bind,source={},target=/workspace", workspace.display()),
        "slow",
    ];
    assert_eq!(docker.calls("run"), [run]);
    assert_eq!(
        docker.container("podslate-Robot").expect("one")["env"]["PODSLATE_TOKEN"],
        TOKEN
    );
    assert!(is_project(&workspace.join("Robot")));
    let path = workspace.join("Robot");
    let out = format!(
        "Created `Robot` at {} on the pod `podslate-Robot`.\n",
        path.display()
    );
    assert_eq!(told.out, out);
    let stages: Vec<&str> = told.err.lines().collect();
    assert_eq!(
        stages,
        [
            "Asking Docker for pods",
            "Starting the pod `podslate-Robot` with Docker",
            "The pod `podslate-Robot` is at Docker. To stop it: docker stop podslate-Robot",
            "Waiting for the pod: it runs, but its service does not answer yet",
            "Looking for `Robot` on the pod",
            "By a pod of its own, because no pod is running.",
        ]
    );

    // The pod runs now, so the next project is made by its API.
    let (code, answer) = desk.json(&["new", "Hero"]);
    assert_eq!((code, &answer["via"]), (0, &json!("api")));
    assert_eq!(answer["why"], "the pod `podslate-Robot` is running");
    assert_eq!(names(&workspace), ["Hero", "Robot"]);
    assert_eq!(docker.calls("run").len(), 1);
    assert_eq!(desk.json(&["list"]).1["projects"], json!(["Hero", "Robot"]));
    assert_eq!(desk.json(&["rename", "Hero", "Heroine"]).0, 0);
    assert_eq!(names(&workspace), ["Heroine", "Robot"]);
}

#[test]
fn the_same_again_finds_the_pod_and_the_project() {
    let (desk, docker) = desk("podslate");
    let (code, first) = desk.json(&["new", "Robot"]);
    assert_eq!(
        (code, &first["action"], &first["via"]),
        (0, &json!("created"), &json!("start"))
    );
    let (code, again) = desk.json(&["new", "Robot"]);
    assert_eq!(
        (code, &again["action"], &again["added"]),
        (0, &json!("completed"), &json!([]))
    );
    assert_eq!(again["pod"], first["pod"]);

    docker.stop("podslate-Robot");
    let (code, resumed) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &resumed["via"]), (0, &json!("start")));
    assert_eq!(
        (docker.calls("run").len(), docker.calls("start").len()),
        (1, 1)
    );
    assert_eq!(names(&desk.path("workspace")), ["Robot"]);
}

/// Killed while it waits: the next run goes on with the same pod.
#[test]
fn an_interrupted_run_leaves_one_pod() {
    let (desk, docker) = desk("slow");
    let mut child = desk.command(&["new", "Robot"]).spawn().expect("it starts");
    until("a pod", || {
        docker
            .container("podslate-Robot")
            .filter(|pod| pod["pid"].is_i64())
    });
    child.kill().expect("killed");
    child.wait().expect("an end");
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(docker.calls("run").len(), 1);
    assert!(is_project(&desk.path("workspace/Robot")));
}

#[test]
fn a_pod_that_makes_no_project_is_asked_to() {
    let (desk, _docker) = desk("plain");
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["via"], &answer["action"]),
        (0, &json!("start"), &json!("created"))
    );
    assert!(is_project(&desk.path("workspace/Robot")));
}

#[test]
fn a_wrong_name_and_a_dry_run_start_no_pod() {
    let (desk, docker) = desk("podslate");
    for name in ["My Robot", "CON", ""] {
        assert_eq!(desk.json(&["new", name]).0, 1, "{name}");
    }
    assert!(docker.calls("ps").is_empty() && docker.calls("run").is_empty());
    let told = desk.run(&["new", "Robot", "--dry-run"]);
    assert_eq!(told.code, 0, "{told:?}");
    let source = desk.path("workspace");
    let command = format!(
        "docker run -d --name podslate-Robot -e PROJECT_NAME=Robot -e PODSLATE_TOKEN -p \
         127.0.0.1::8080 --mount type=bind,source={},target=/workspace podslate\n",
        source.display()
    );
    assert!(told.out.ends_with(&command), "{}\n{command}", told.out);
    assert!(docker.calls("run").is_empty() && !source.exists());
    // The line does what it says.
    std::fs::create_dir(&source).expect("a folder");
    assert_eq!(desk.shell(&command).code, 0);
    assert!(is_project(&source.join("Robot")));
}

#[test]
fn a_pod_that_ends_at_once_leaves_this_machine() {
    let (desk, docker) = desk("crash");
    let (code, answer) = desk.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(text.contains("exit code 3; its last words: "), "{text}");
    assert!(text.contains("the pipeline broke with [hidden]"), "{text}");
    assert!(!is_project(&desk.path("workspace/Robot")));

    let told = desk.run(&["new", "Robot"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.err
            .contains("On this machine, because there is no pod to use: "),
        "{told:?}"
    );
    let folder = desk.path("workspace");
    let bring = format!(
        "To bring it to a pod when there is one:\n  podslate mount Robot --workspace {0}\n  \
         podslate push Robot --workspace {0} --endpoint URL --bucket VOLUME\n",
        folder.display()
    );
    assert!(told.err.ends_with(&bring), "{told:?}");
    assert!(is_project(&folder.join("Robot")));
    assert_eq!(docker.calls("run").len(), 1);
}

#[test]
fn docker_that_refuses_leaves_this_machine_and_nothing_half_made() {
    for (image, words) in [
        ("missing", "pull access denied"),
        ("busy-port", "port is already allocated"),
    ] {
        let (desk, docker) = desk(image);
        assert_eq!(desk.json(&["new", "Robot", "--via", "start"]).0, 2);
        assert!(!desk.path("workspace").exists());
        desk.makes_here("Robot", words);
        assert_eq!(docker.container("podslate-Robot"), None);
    }
    let (desk, docker) = desk("podslate");
    std::fs::write(docker.home.path().join("no-daemon"), "").expect("a file");
    let (code, answer) = desk.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("Cannot connect"))
    );
    desk.makes_here("Robot", "annot connect");

    let mut without = Workstation::new();
    without.set("PATH", "/nowhere");
    without.settings("[docker]\nimage = \"podslate\"");
    without.makes_here("Robot", "there is no `docker` command");
}

#[test]
fn a_pod_that_never_answers_is_not_waited_for_without_end() {
    let (desk, docker) = desk("deaf");
    let (code, answer) = desk.json(&["new", "Robot", "--wait", "1", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(
        text.contains("is not ready after 1 seconds: it runs, but its service"),
        "{text}"
    );
    assert!(
        answer["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("docker stop podslate-Robot"))
    );
    let (code, answer) = desk.json(&["new", "Robot", "--wait", "1"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    assert_eq!(answer["pod"]["name"], "podslate-Robot");
    assert_eq!(docker.calls("run").len(), 1);
}

#[test]
fn a_folder_of_windows_goes_to_docker_as_it_is() {
    let mut desk = Workstation::new();
    let docker = Docker::on(&mut desk);
    let folder = r"E:\2D Programs\ComfyUI, Ext\3D_AI_Inputs";
    desk.settings(&format!(
        "[docker]\nimage = \"podslate\"\nworkspace = '{folder}'\nport = 0"
    ));
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    let run = &docker.calls("run")[0];
    assert_eq!(
        run[11],
        format!("type=bind,\"source={folder}\",target=/workspace")
    );
    let container = docker.container("podslate-Robot").expect("one");
    assert_eq!(container["mount"]["source"], folder);
    assert_eq!(names(&desk.path("")), ["podslate.toml"]);
}

#[test]
fn the_folder_of_the_settings_is_the_one_of_this_machine_too() {
    let (desk, docker) = desk("crash");
    desk.settings("[docker]\nimage = \"crash\"\nworkspace = \"3D in\"");
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")), "{answer}");
    let folder = desk.path("3D in");
    assert!(is_project(&folder.join("Robot")));
    let push = format!(
        "podslate push Robot --workspace '{}' --endpoint URL --bucket VOLUME",
        folder.display()
    );
    assert_eq!(answer["next"][1], json!(push));
    let mount = &docker.calls("run")[0][11];
    assert_eq!(
        mount,
        &format!("type=bind,source={},target=/workspace", folder.display())
    );
}

#[test]
fn a_token_is_made_once_and_kept() {
    let (mut desk, docker) = desk("podslate");
    desk.unset("PODSLATE_TOKEN");
    assert_eq!(desk.run(&["new", "Robot"]).code, 0);
    let kept = desk.path(".config/podslate/token");
    let token = std::fs::read_to_string(&kept).expect("a token");
    let mode = kept.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let container = docker.container("podslate-Robot").expect("one");
    assert_eq!(container["env"]["PODSLATE_TOKEN"], token.trim());
    let told = desk.run(&["new", "Hero"]);
    assert!(
        told.code == 0 && !format!("{told:?}").contains(token.trim()),
        "{told:?}"
    );
    assert_eq!(std::fs::read_to_string(&kept).expect("a token"), token);
}

#[test]
fn several_pods_are_told_apart_by_a_person() {
    let (desk, _docker) = desk("podslate");
    for name in ["Robot", "Hero"] {
        assert_eq!(desk.json(&["new", name, "--via", "start"]).0, 0);
    }
    let (code, answer) = desk.json(&["new", "Third"]);
    assert_eq!((code, &answer["code"]), (1, &json!("pod_ambiguous")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(
        text.contains("`podslate-Hero` at http://127.0.0.1:"),
        "{text}"
    );
    assert_eq!(desk.json(&["list"]).0, 1);
    assert_eq!(names(&desk.path("workspace")), ["Hero", "Robot"]);
}
