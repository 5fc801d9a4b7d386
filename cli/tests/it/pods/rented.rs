//! Pods that are rented from RunPod.

use std::time::{Duration, Instant};

use serde_json::json;

use super::runpod::{Fault, RunPod};
use super::workstation::{KEY, TOKEN, wait_for};
use crate::program::is_project;

const POST: &str = "POST /v2/pods";
const LIST: &str = "GET /v2/pods";
const GET: &str = "GET /v2/pods/";

#[test]
fn a_pod_is_rented_with_the_name_and_creates_the_project() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    let output = machine.run(&["new", "Robot"]);
    assert_eq!(output.code, 0, "{output:?}");
    let spec = json!({
        "name": "podslate-Robot",
        "image": "i",
        "gpu": {"id": "RTX 4090", "count": 1},
        "env": {"PROJECT_NAME": "Robot", "PODSLATE_TOKEN": TOKEN},
        "ports": ["8080/http"],
    });
    assert_eq!(runpod.account().specs, [spec]);
    assert!(is_project(
        &runpod.account().pods[0].workspace.path().join("Robot")
    ));
    assert!(
        output.stdout.starts_with("Created project Robot in "),
        "{output:?}"
    );
    let stages: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(
        stages,
        [
            "Looking for pods of RunPod",
            "Starting the pod `podslate-Robot` with RunPod",
            "To stop the pod `podslate-Robot`: podslate stop pod0",
            "Waiting for the pod: RunPod reports PROVISIONING",
            "Waiting for the pod: RunPod reports STARTING",
            "Waiting for the pod: it is running, but its server does not respond yet",
            "Looking for `Robot` on the pod",
            "On its own pod `podslate-Robot`, because no pod is running.",
        ]
    );
    // A second run, and another project.
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("completed"), &json!("start"))
    );
    let (code, answer) = machine.json(&["new", "Hero"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("created"), &json!("api"))
    );
    assert_eq!(
        machine.json(&["list"]).1["projects"],
        json!(["Hero", "Robot"])
    );
    assert_eq!(runpod.account().specs.len(), 1);
    assert!(machine.local().is_empty());
}

#[test]
fn rented_pods_are_listed_and_stopped() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    assert_eq!(machine.json(&["new", "Robot"]).0, 0);
    assert_eq!(machine.json(&["rename", "Robot", "Hero"]).0, 0);
    let (code, answer) = machine.json(&["pods"]);
    let pod = &answer["pods"][0];
    assert_eq!((code, &answer["count"]), (0, &json!(1)), "{answer}");
    assert_eq!(
        (&pod["id"], &pod["name"]),
        (&json!("pod0"), &json!("podslate-Robot"))
    );
    assert_eq!(
        (&pod["project"], &pod["state"]),
        (&json!("Hero"), &json!("running"))
    );
    let output = machine.run(&["stop", "Hero"]);
    assert_eq!(
        (output.code, &*output.stdout),
        (0, "Stopped the pod podslate-Robot.\n")
    );
    assert_eq!(machine.json(&["pods"]).1["pods"][0]["state"], "stopped");
    assert_eq!(machine.json(&["stop"]).1["code"], "no_pod_running");
    runpod.fail("POST /v2/pods/pod0/action", &[Fault::Status(409)]);
    let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
    assert_eq!(
        (code, &answer["code"]),
        (2, &json!("provider_failed")),
        "{answer}"
    );
}

#[test]
fn the_token_can_be_a_secret_of_runpod() {
    let runpod = RunPod::start();
    let mut machine = runpod.machine();
    machine.settings(
        "[runpod]\nimage = \"i\"\ncpu = { id = \"cpu3c\", vcpu_count = 2 }\ndisk = 20\n\
         cloud = \"SECURE\"\ndata_centers = [\"EU-RO-1\"]\nvolume = { id = \"v1\" }\n\
         token_secret = \"slate\"",
    );
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    let spec = runpod.account().specs[0].clone();
    assert_eq!(spec["env"]["PODSLATE_TOKEN"], "{{ RUNPOD_SECRET_slate }}");
    assert_eq!(
        spec["mounts"],
        json!({"network": [{"volumeId": "v1", "path": "/workspace"}]})
    );

    machine.unset("PODSLATE_TOKEN");
    let (code, answer) = machine.json(&["new", "Hero", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
    assert_eq!(runpod.account().specs.len(), 1);
}

#[test]
fn an_invalid_name_and_a_dry_run_rent_nothing() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    assert_eq!(machine.json(&["new", "My Robot"]).0, 1);
    assert!(runpod.account().requests.is_empty());
    let output = machine.run(&["new", "Robot", "--dry-run"]);
    assert!(
        output.stdout.contains("v2/pods {") && output.stdout.contains("[hidden]"),
        "{output:?}"
    );
    assert_eq!(runpod.account().requests, [LIST]);
    assert!(runpod.account().pods.is_empty());
}

/// A response that refuses a pod is the error of `--via start`; otherwise the project is created
/// locally.
#[test]
fn a_refusal_of_runpod_is_reported_in_a_sentence() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    for (status, sentence) in [
        (400, "RunPod does not accept the settings of the pod"),
        (401, "RunPod does not accept the API key"),
        (403, "the API key does not have the permission at RunPod"),
        (404, "RunPod cannot find what was requested"),
        (409, "RunPod cannot do this at the moment"),
        (422, "RunPod does not accept the settings of the pod"),
        (500, "RunPod has failed"),
        (503, "RunPod has failed"),
    ] {
        runpod.fail(POST, &[Fault::Status(status)]);
        let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
        assert_eq!(
            (code, &answer["code"]),
            (2, &json!("provider_failed")),
            "{status}"
        );
        let text = answer["error"].as_str().expect("a sentence");
        let expected = format!("{sentence} (status {status}): it is so; the key was [hidden]");
        assert!(text.contains(&expected), "{text}");
        assert!(answer["hint"].is_string(), "{answer}");

        runpod.fail(POST, &[Fault::Status(status)]);
        machine.creates_locally(&format!("Robot{status}"), sentence);
    }
    assert_eq!(machine.local().len(), 8);
    assert!(runpod.account().pods.is_empty());
    // The control: without a fault the pod starts.
    assert_eq!(machine.json(&["new", "Robot", "--via", "start"]).0, 0);
}

#[test]
fn the_wait_that_runpod_asks_for_has_a_limit() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    runpod.fail(POST, &[Fault::TooMany(1), Fault::TooMany(1)]);
    let start = Instant::now();
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert_eq!(runpod.account().specs.len(), 1);

    let other = RunPod::start();
    let machine = other.machine();
    other.fail(POST, &[Fault::TooMany(3600)]);
    let start = Instant::now();
    let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("too many requests"))
    );
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// After a lost response the pod is looked for and not requested again.
#[test]
fn a_lost_response_does_not_rent_a_second_pod() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    runpod.fail(POST, &[Fault::HangAfter]);
    let (code, answer) = machine.json(&["new", "Robot", "--wait", "5"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.account().specs.len(), 1);
    assert!(is_project(
        &runpod.account().pods[0].workspace.path().join("Robot")
    ));

    let other = RunPod::start();
    let machine = other.machine();
    other.fail(POST, &[Fault::Hang]);
    let (code, answer) = machine.json(&["new", "Robot", "--wait", "1", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("It is not known whether RunPod started a pod"),
        "{hint}"
    );
}

/// The first run is killed while it waits; the next one continues with the same pod.
#[test]
fn an_interrupted_run_is_continued() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    let mut child = machine.start(&["new", "Robot"]);
    wait_for("a pod", || {
        (!runpod.account().pods.is_empty()).then_some(())
    });
    child.kill().expect("killed");
    child.wait().expect("an end");
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.account().specs.len(), 1);
}

#[test]
fn reads_are_retried_after_an_error_of_runpod() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    runpod.fail(LIST, &[Fault::Status(500), Fault::Page]);
    runpod.fail(GET, &[Fault::Status(503)]);
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.account().specs.len(), 1);
    runpod.fail(LIST, &[Fault::Status(500); 3]);
    let (code, answer) = machine.json(&["new", "Hero", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
}

#[test]
fn after_a_pod_that_fails_the_project_is_created_locally() {
    for (end, words) in [
        ("ERROR", "RunPod reports an error"),
        ("EXITED", "it has stopped"),
    ] {
        let runpod = RunPod::start();
        let machine = runpod.machine();
        runpod.account().end = Some(end);
        let (code, answer) = machine.json(&["new", "Robot"]);
        assert_eq!((code, &answer["via"]), (0, &json!("local")), "{answer}");
        assert!(
            answer["why"]
                .as_str()
                .is_some_and(|why| why.contains(words)),
            "{answer}"
        );
        assert_eq!(answer["pod"]["id"], "pod0");
        assert_eq!(machine.local(), ["Robot"]);
    }
}

#[test]
fn pods_of_the_account_are_found_by_their_names() {
    let runpod = RunPod::start();
    let machine = runpod.machine();
    runpod.rent("someone-elses", "RUNNING");
    runpod.rent("podslate-Robot", "TERMINATED");
    runpod.rent("podslate-Old", "EXITED");
    // On a later page. Names are not unique; the pod that still exists is used.
    runpod.rent("podslate-Robot", "EXITED");
    runpod.account().page = Some(2);
    let (code, answer) = machine.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["via"], &answer["pod"]["id"]),
        (0, &json!("start"), &json!("pod3"))
    );
    assert!(
        runpod
            .account()
            .requests
            .contains(&"POST /v2/pods/pod3/action".to_owned())
    );
    assert!(runpod.account().specs.is_empty());
}

#[test]
fn the_key_is_required_and_stays_secret() {
    let runpod = RunPod::start();
    let mut machine = runpod.machine();
    machine.unset("RUNPOD_API_KEY");
    let (code, answer) = machine.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("no API key for RunPod"))
    );
    let (_, answer) = machine.json(&["new", "Robot"]);
    assert_eq!(answer["via"], "local");
    assert!(runpod.account().requests.is_empty());

    machine.set("RUNPOD_API_KEY", "canary-of-another-account");
    let (_, answer) = machine.json(&["new", "Hero", "--via", "start"]);
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("does not accept the API key"))
    );

    machine.unset("RUNPOD_API_KEY");
    std::fs::write(machine.path("key"), KEY).expect("a file");
    machine
        .settings("[runpod]\nimage = \"i\"\ngpu = { id = \"RTX 4090\" }\napi_key_file = \"key\"");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(machine.path("key"), permissions).expect("permissions");
        };
        mode(0o644);
        let (code, answer) = machine.json(&["new", "Hero"]);
        assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
        mode(0o600);
    }
    assert_eq!(machine.json(&["new", "Hero"]).1["via"], "start");
}
