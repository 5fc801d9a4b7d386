//! Pods in Docker: a stand-in for the `docker` command, and real servers as its containers.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::workstation::{TOKEN, Workstation, names, wait_for};
use crate::program::{self, is_project, write_program};

/// A Docker whose containers end when it is dropped.
pub struct Docker {
    pub home: TempDir,
}

impl Docker {
    /// A Docker in the `PATH` of a workstation.
    pub fn install(machine: &mut Workstation) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("a directory");
        write_program(&bin.join("docker"), &program::docker(home.path()));
        let path = std::env::var("PATH").unwrap_or_default();
        machine.set("PATH", format!("{}:{path}", bin.display()));
        Self { home }
    }

    /// Arguments of every call of a command.
    pub fn calls(&self, command: &str) -> Vec<Vec<String>> {
        let all = std::fs::read_to_string(self.home.path().join("calls")).unwrap_or_default();
        let calls = all
            .lines()
            .map(|line| serde_json::from_str::<Vec<String>>(line).expect("JSON"));
        calls.filter(|call| call[0] == command).collect()
    }

    /// The container with a name.
    fn container(&self, name: &str) -> Option<Value> {
        let text = std::fs::read_to_string(self.home.path().join(format!("{name}.json"))).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Stops a container.
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

fn machine(image: &str) -> (Workstation, Docker) {
    let mut machine = Workstation::new();
    let docker = Docker::install(&mut machine);
    machine.settings(&format!("wait = 60\n[docker]\nimage = \"{image}\""));
    (machine, docker)
}

#[test]
fn a_pod_is_started_with_the_name_and_creates_the_project() {
    let (machine, docker) = machine("slow");
    let output = machine.run(&["new", "Robot"]);
    assert_eq!(output.code, 0, "{output:?}");
    let workspace = machine.path("workspace");
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
    let path = workspace.join("Robot");
    assert!(is_project(&path));
    let stdout = format!("Created project Robot in {}.\n", path.display());
    assert_eq!(output.stdout, stdout);
    let stages = [
        "Looking for pods of Docker",
        "Starting the pod `podslate-Robot` with Docker",
        "To stop the pod `podslate-Robot`: docker stop podslate-Robot",
        "Waiting for the pod: it is running, but its server does not respond yet",
        "Looking for `Robot` on the pod",
        "On its own pod `podslate-Robot`, because no pod is running.",
    ];
    assert_eq!(output.stderr.lines().collect::<Vec<_>>(), stages);

    // The pod runs now, so its API creates the next project.
    let (code, answer) = machine.json(&["new", "Hero"]);
    assert_eq!((code, &answer["via"]), (0, &json!("api")));
    assert_eq!(answer["why"], "the pod `podslate-Robot` is running");
    assert_eq!(names(&workspace), ["Hero", "Robot"]);
    assert_eq!(docker.calls("run").len(), 1);
    assert_eq!(
        machine.json(&["list"]).1["projects"],
        json!(["Hero", "Robot"])
    );
    assert_eq!(machine.json(&["rename", "Hero", "Heroine"]).0, 0);
    assert_eq!(names(&workspace), ["Heroine", "Robot"]);
}

#[test]
fn a_second_run_finds_the_pod_and_the_project() {
    let (machine, docker) = machine("podslate");
    let (code, first) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &first["action"], &first["via"]),
        (0, &json!("created"), &json!("start"))
    );
    let (code, again) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &again["action"], &again["added"]),
        (0, &json!("completed"), &json!([]))
    );
    assert_eq!(again["pod"], first["pod"]);

    docker.stop("podslate-Robot");
    let (code, resumed) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &resumed["via"]), (0, &json!("start")));
    assert_eq!(
        (docker.calls("run").len(), docker.calls("start").len()),
        (1, 1)
    );
    assert_eq!(names(&machine.path("workspace")), ["Robot"]);
}

/// The first run is killed while it waits; the next one continues with the same pod.
#[test]
fn an_interrupted_run_leaves_one_pod() {
    let (machine, docker) = machine("slow");
    let mut child = machine.start(&["new", "Robot"]);
    wait_for("a pod", || {
        docker
            .container("podslate-Robot")
            .filter(|pod| pod["pid"].is_i64())
    });
    child.kill().expect("killed");
    child.wait().expect("an end");
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(docker.calls("run").len(), 1);
    assert!(is_project(&machine.path("workspace/Robot")));
}

#[test]
fn a_pod_without_the_project_is_asked_to_create_it() {
    let (machine, _docker) = machine("plain");
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["via"], &answer["action"]),
        (0, &json!("start"), &json!("created"))
    );
    assert!(is_project(&machine.path("workspace/Robot")));
}

#[test]
fn a_wrong_name_and_a_dry_run_start_no_pod() {
    let (machine, docker) = machine("podslate");
    for name in ["My Robot", "CON", ""] {
        assert_eq!(machine.json(&["new", name]).0, 1, "{name}");
    }
    assert!(docker.calls("ps").is_empty() && docker.calls("run").is_empty());
    let output = machine.run(&["new", "Robot", "--dry-run"]);
    assert_eq!(output.code, 0, "{output:?}");
    let source = machine.path("workspace");
    let command = format!(
        "docker run -d --name podslate-Robot -e PROJECT_NAME=Robot -e PODSLATE_TOKEN -p \
         127.0.0.1::8080 --mount type=bind,source={},target=/workspace podslate\n",
        source.display()
    );
    assert!(
        output.stdout.ends_with(&command),
        "{}\n{command}",
        output.stdout
    );
    assert!(docker.calls("run").is_empty() && !source.exists());
    // The printed line works.
    std::fs::create_dir(&source).expect("a directory");
    assert_eq!(machine.shell(&command).code, 0);
    assert!(is_project(&source.join("Robot")));
}

#[test]
fn after_a_pod_that_ends_at_once_the_project_is_created_locally() {
    let (machine, docker) = machine("crash");
    let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(text.contains("exit code 3; the end of its log: "), "{text}");
    assert!(text.contains("the pipeline broke with [hidden]"), "{text}");
    assert!(!is_project(&machine.path("workspace/Robot")));

    let output = machine.run(&["new", "Robot"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output
            .stderr
            .contains("On this machine, because there is no pod to use: "),
        "{output:?}"
    );
    let folder = machine.path("workspace");
    let bring = format!(
        "To bring it to a pod later:\n  podslate mount Robot --workspace {0}\n  \
         podslate push Robot --workspace {0} --endpoint URL --bucket VOLUME\n",
        folder.display()
    );
    assert!(output.stderr.ends_with(&bring), "{output:?}");
    assert!(is_project(&folder.join("Robot")));
    assert_eq!(docker.calls("run").len(), 1);
}

#[test]
fn after_a_refusal_of_docker_the_project_is_created_locally() {
    for (image, words) in [
        ("missing", "pull access denied"),
        ("busy-port", "port is already allocated"),
    ] {
        let (machine, docker) = machine(image);
        assert_eq!(machine.json(&["new", "Robot", "--via", "start"]).0, 2);
        assert!(!machine.path("workspace").exists());
        machine.creates_locally("Robot", words);
        assert_eq!(docker.container("podslate-Robot"), None);
    }
    let (machine, docker) = machine("podslate");
    std::fs::write(docker.home.path().join("no-daemon"), "").expect("a file");
    let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("Cannot connect"))
    );
    machine.creates_locally("Robot", "annot connect");

    let mut without = Workstation::new();
    without.set("PATH", "/nowhere");
    without.settings("[docker]\nimage = \"podslate\"");
    without.creates_locally("Robot", "there is no `docker` command");
}

#[test]
fn waiting_for_a_pod_that_never_answers_ends() {
    let (machine, docker) = machine("deaf");
    let (code, answer) = machine.json(&["new", "Robot", "--wait", "1", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(
        text.contains("is not ready after 1 second: it is running, but its server"),
        "{text}"
    );
    assert!(
        answer["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("docker stop podslate-Robot"))
    );
    let (code, answer) = machine.json(&["new", "Robot", "--wait", "1"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    assert_eq!(answer["pod"]["name"], "podslate-Robot");
    assert_eq!(docker.calls("run").len(), 1);
}

#[test]
fn a_windows_folder_is_passed_to_docker_unchanged() {
    let mut machine = Workstation::new();
    let docker = Docker::install(&mut machine);
    let folder = r"E:\2D Programs\ComfyUI, Ext\3D_AI_Inputs";
    machine.settings(&format!(
        "[docker]\nimage = \"podslate\"\nworkspace = '{folder}'\nport = 0"
    ));
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    let run = &docker.calls("run")[0];
    assert_eq!(
        run[11],
        format!("type=bind,\"source={folder}\",target=/workspace")
    );
    let container = docker.container("podslate-Robot").expect("one");
    assert_eq!(container["mount"]["source"], folder);
    assert_eq!(names(&machine.path("")), [".config", "podslate.toml"]);
}

#[test]
fn the_folder_of_the_settings_is_the_local_workspace_too() {
    let (machine, docker) = machine("crash");
    machine.settings("[docker]\nimage = \"crash\"\nworkspace = \"3D in\"");
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")), "{answer}");
    let folder = machine.path("3D in");
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
fn a_token_is_generated_once_and_kept() {
    let (mut machine, docker) = machine("podslate");
    machine.unset("PODSLATE_TOKEN");
    assert_eq!(machine.run(&["new", "Robot"]).code, 0);
    let kept = machine.path(".config/podslate/token");
    let token = std::fs::read_to_string(&kept).expect("a token");
    let mode = kept.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let container = docker.container("podslate-Robot").expect("one");
    assert_eq!(container["env"]["PODSLATE_TOKEN"], token.trim());
    let output = machine.run(&["new", "Hero"]);
    assert!(
        output.code == 0 && !format!("{output:?}").contains(token.trim()),
        "{output:?}"
    );
    assert_eq!(std::fs::read_to_string(&kept).expect("a token"), token);
}

#[test]
fn with_several_pods_the_user_has_to_choose() {
    let (machine, _docker) = machine("podslate");
    for name in ["Robot", "Hero"] {
        assert_eq!(machine.json(&["new", name, "--via", "start"]).0, 0);
    }
    let (code, answer) = machine.json(&["new", "Third"]);
    assert_eq!((code, &answer["code"]), (1, &json!("pod_ambiguous")));
    let text = answer["error"].as_str().expect("a sentence");
    assert!(
        text.contains("`podslate-Hero` at http://127.0.0.1:"),
        "{text}"
    );
    assert_eq!(machine.json(&["list"]).0, 1);
    assert_eq!(names(&machine.path("workspace")), ["Hero", "Robot"]);
}
