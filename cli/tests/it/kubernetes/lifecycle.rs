//! Pods from their start to their end.

use std::process::Command;

use serde_json::{Value, json};

use super::Kubernetes;
use crate::pods::workstation::{CommandOutput, Workstation, names, wait_for};
use crate::program::is_project;

/// Name of the objects for the project `Robot`.
const ROBOT: &str = "podslate-robot--3bf6b51b7b";

fn creates(machine: &Workstation, name: &str, via: &str) -> Value {
    let (code, answer) = machine.json(&["new", name]);
    assert_eq!((code, &answer["via"]), (0, &json!(via)), "{answer}");
    answer
}

/// Output of a command in the container of the pod for `Robot`.
fn inside(kubernetes: &Kubernetes, line: &str) -> String {
    let deployment = format!("deployment/{ROBOT}");
    kubernetes.kubectl(&["exec", &deployment, "--", "sh", "-c", line])
}

#[test]
fn a_pod_is_started_with_the_name_and_creates_the_project() {
    let test = "kubernetes::lifecycle::a_pod_is_started_with_the_name_and_creates_the_project";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    let output = machine.run(&["new", "Robot"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(
        output.stdout,
        "Created project Robot in /workspace/Robot.\n"
    );
    let waiting = |line: &&str| line.starts_with("Waiting for the pod: ");
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines.iter().any(|line| waiting(&line)), "{lines:?}");
    let stages: Vec<&str> = lines.into_iter().filter(|line| !waiting(line)).collect();
    assert_eq!(
        stages,
        [
            "Looking for pods of Kubernetes",
            "Starting the pod `podslate-Robot` with Kubernetes",
            &format!("To stop the pod `podslate-Robot`: podslate stop {ROBOT}"),
            "Looking for `Robot` on the pod",
            "On its own pod `podslate-Robot`, because no pod is running.",
        ]
    );
    let workspace = machine.path("workspace");
    assert!(is_project(&workspace.join("Robot")));
    assert_eq!(
        kubernetes.names(),
        [
            format!("deployment.apps/{ROBOT}"),
            format!("persistentvolumeclaim/{ROBOT}"),
            format!("secret/{ROBOT}"),
            format!("service/{ROBOT}"),
        ]
    );
    // The pod runs now, so its API creates the next project.
    let answer = creates(&machine, "Hero", "api");
    assert_eq!(answer["why"], "the pod `podslate-Robot` is running");
    assert_eq!(
        machine.json(&["list"]).1["projects"],
        json!(["Hero", "Robot"])
    );
    let (_, answer) = machine.json(&["pods"]);
    let pod = &answer["pods"][0];
    assert_eq!((&pod["id"], &pod["url"]), (&json!(ROBOT), &Value::Null));
    let namespace = &kubernetes.namespace;
    let access = format!("kubectl -n {namespace} port-forward service/{ROBOT} 8080");
    assert_eq!(pod["access"], json!(access));
}

#[test]
fn a_container_has_no_rights_that_it_does_not_need() {
    let test = "kubernetes::lifecycle::a_container_has_no_rights_that_it_does_not_need";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "env = { PIPELINE = \"a\" }");
    creates(&machine, "Robot", "start");
    let facts = inside(
        &kubernetes,
        "id -u; id -g; echo $PIPELINE $PROJECT_NAME; touch /x 2>/dev/null || echo read-only; \
         touch /tmp/x && echo writable; ls /var/run/secrets 2>/dev/null | wc -l; \
         grep -h -E '^(NoNewPrivs|CapEff)' /proc/self/status | tr '\\t' ' '",
    );
    assert_eq!(
        facts.lines().collect::<Vec<_>>(),
        [
            "1000",
            "1000",
            "a Robot",
            "read-only",
            "writable",
            "0",
            "CapEff: 0000000000000000",
            "NoNewPrivs: 1",
        ]
    );
    // The token is in the Secret alone.
    let text = |kind: &str| Value::from(kubernetes.objects(kind)).to_string();
    assert!(!text("deployments").contains("canary") && !text("pods").contains("canary"));
    let value = "secretKeyRef";
    assert!(text("deployments").contains(value));
}

#[test]
fn a_stopped_pod_is_started_again_under_the_new_name_of_its_project() {
    let test =
        "kubernetes::lifecycle::a_stopped_pod_is_started_again_under_the_new_name_of_its_project";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    let first = creates(&machine, "Robot", "start");
    let again = creates(&machine, "Robot", "start");
    assert_eq!(again["action"], "completed");
    assert_eq!(again["pod"], first["pod"]);
    assert_eq!(machine.json(&["rename", "Robot", "Hero"]).0, 0);
    let output = machine.run(&["stop"]);
    assert_eq!(
        (output.code, &*output.stdout),
        (0, "Stopped the pod podslate-Robot.\n"),
        "{output:?}"
    );
    assert_eq!(kubernetes.objects("pods"), [Value::Null; 0]);
    assert_eq!(names(&machine.path("workspace")), ["Hero"]);
    let (code, answer) = machine.json(&["logs", "Robot"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));

    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["code"]), (1, &json!("renamed")), "{answer}");
    assert_eq!(machine.json(&["list"]).1["projects"], json!(["Hero"]));
    assert_eq!(names(&machine.path("workspace")), ["Hero"]);
    assert_eq!(machine.json(&["pods"]).1["pods"][0]["project"], "Hero");
    let (code, answer) = machine.json(&["logs", "Hero", "--tail", "1000"]);
    assert_eq!(code, 0, "{answer}");
    let lines = answer["lines"].as_array().expect("lines");
    let is_serving = |line: &Value| line.as_str().is_some_and(|line| line.contains("serving"));
    assert!(lines.iter().any(is_serving), "{answer}");
    let output = machine.run(&["logs", "--tail", "1"]);
    assert_eq!((output.code, output.stdout.lines().count()), (0, 1));
}

#[test]
fn a_pod_that_is_deleted_is_replaced() {
    let Some(kubernetes) =
        Kubernetes::take("kubernetes::lifecycle::a_pod_that_is_deleted_is_replaced")
    else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    creates(&machine, "Robot", "start");
    let name = || kubernetes.objects("pods")[0]["metadata"]["name"].clone();
    let old = name();
    kubernetes.kubectl(&[
        "delete",
        "pod",
        old.as_str().expect("a name"),
        "--wait=false",
    ]);
    // Whatever it finds in the middle of this, it waits for the next one.
    let answer = creates(&machine, "Robot", "start");
    assert_eq!(answer["action"], "completed");
    wait_for("the next pod", || (name() != old).then_some(()));
    let listed = wait_for("the list", || {
        let (code, answer) = machine.json(&["list"]);
        (code == 0 && answer["via"] == Value::Null).then_some(answer)
    });
    assert_eq!(listed["projects"], json!(["Robot"]));
}

#[test]
fn two_starts_at_once_make_one_pod() {
    let Some(kubernetes) =
        Kubernetes::take("kubernetes::lifecycle::two_starts_at_once_make_one_pod")
    else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    let new = || machine.command(&["new", "Robot", "--json"]);
    let commands: Vec<Command> = (0..3).map(|_| new()).collect();
    let threads: Vec<_> = commands
        .into_iter()
        .map(|mut command| std::thread::spawn(move || command.output().expect("it runs")))
        .collect();
    for thread in threads {
        let output = CommandOutput::new(&thread.join().expect("an end"));
        assert_eq!(output.code, 0, "{output:?}");
        let answer: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(answer["via"], "start", "{answer}");
        assert_eq!(answer["pod"]["id"], ROBOT);
    }
    assert_eq!(kubernetes.objects("deployments").len(), 1);
    assert_eq!(names(&machine.path("workspace")), ["Robot"]);
}
