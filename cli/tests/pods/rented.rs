//! Pods rented from RunPod.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{KEY, TOKEN, is_project, until};
use crate::runpod::{Fault, RunPod};

const POST: &str = "POST /v2/pods";
const LIST: &str = "GET /v2/pods";
const LOOK: &str = "GET /v2/pods/";

#[test]
fn a_pod_is_rented_with_the_name_and_makes_the_project() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    let told = desk.run(&["new", "Robot"]);
    assert_eq!(told.code, 0, "{told:?}");
    let order = json!({
        "name": "podslate-Robot",
        "image": "i",
        "gpu": {"id": "RTX 4090", "count": 1},
        "env": {"PROJECT_NAME": "Robot", "PODSLATE_TOKEN": TOKEN},
        "ports": ["8080/http"],
    });
    assert_eq!(runpod.books().orders, [order]);
    assert!(is_project(
        &runpod.books().pods[0].workspace.path().join("Robot")
    ));
    assert!(told.out.starts_with("Created `Robot` at "), "{told:?}");
    let stages: Vec<&str> = told.err.lines().collect();
    assert_eq!(
        stages,
        [
            "Asking RunPod for pods",
            "Starting the pod `podslate-Robot` with RunPod",
            "The pod `podslate-Robot` is at RunPod. To stop it: runpodctl pod stop pod0",
            "Waiting for the pod: RunPod says PROVISIONING",
            "Waiting for the pod: RunPod says STARTING",
            "Waiting for the pod: it runs, but its service does not answer yet",
            "Looking for `Robot` on the pod",
            "By a pod of its own, because no pod is running.",
        ]
    );
    // The same again, and another project.
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("completed"), &json!("start"))
    );
    let (code, answer) = desk.json(&["new", "Hero"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("created"), &json!("api"))
    );
    assert_eq!(desk.json(&["list"]).1["projects"], json!(["Hero", "Robot"]));
    assert_eq!(runpod.books().orders.len(), 1);
    assert!(desk.local().is_empty());
}

#[test]
fn the_token_can_be_a_secret_of_runpod() {
    let runpod = RunPod::start();
    let mut desk = runpod.desk();
    desk.settings(
        "[runpod]\nimage = \"i\"\ncpu = { id = \"cpu3c\", vcpu_count = 2 }\ndisk = 20\n\
         cloud = \"SECURE\"\ndata_centers = [\"EU-RO-1\"]\nvolume = { id = \"v1\" }\n\
         token_secret = \"slate\"",
    );
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    let order = runpod.books().orders[0].clone();
    assert_eq!(order["env"]["PODSLATE_TOKEN"], "{{ RUNPOD_SECRET_slate }}");
    assert_eq!(
        order["mounts"],
        json!({"network": [{"volumeId": "v1", "path": "/workspace"}]})
    );

    desk.unset("PODSLATE_TOKEN");
    let (code, answer) = desk.json(&["new", "Hero", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
    assert_eq!(runpod.books().orders.len(), 1);
}

#[test]
fn a_wrong_name_and_a_dry_run_cost_nothing() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    assert_eq!(desk.json(&["new", "My Robot"]).0, 1);
    assert!(runpod.books().requests.is_empty());
    let told = desk.run(&["new", "Robot", "--dry-run"]);
    assert!(
        told.out.contains("v2/pods {") && told.out.contains("[hidden]"),
        "{told:?}"
    );
    assert_eq!(runpod.books().requests, [LIST]);
    assert!(runpod.books().pods.is_empty());
}

/// Each answer that refuses an order: with `--via start` it is the error, otherwise this machine is
/// the next way.
#[test]
fn what_runpod_refuses_is_said_in_a_sentence() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    for (status, sentence) in [
        (400, "RunPod does not accept the order"),
        (401, "RunPod does not accept the API key"),
        (403, "the API key may not do this at RunPod"),
        (404, "RunPod does not know what was asked for"),
        (409, "RunPod cannot do this at the moment"),
        (422, "RunPod does not accept the order"),
        (500, "RunPod has a fault (status 500)"),
        (503, "RunPod has a fault (status 503)"),
    ] {
        runpod.fail(POST, &[Fault::Status(status)]);
        let (code, answer) = desk.json(&["new", "Robot", "--via", "start"]);
        assert_eq!(
            (code, &answer["code"]),
            (2, &json!("provider_failed")),
            "{status}"
        );
        let text = answer["error"].as_str().expect("a sentence");
        let expected = format!("{sentence}: it is so; the key was [hidden]");
        assert!(text.contains(&expected), "{text}");
        assert!(answer["hint"].is_string(), "{answer}");

        runpod.fail(POST, &[Fault::Status(status)]);
        desk.makes_here(&format!("Robot{status}"), sentence);
    }
    assert_eq!(desk.local().len(), 8);
    assert!(runpod.books().pods.is_empty());
    // The positive control.
    assert_eq!(desk.json(&["new", "Robot", "--via", "start"]).0, 0);
}

#[test]
fn runpod_is_obeyed_when_it_asks_to_wait_but_not_for_ever() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    runpod.fail(POST, &[Fault::TooMany(1), Fault::TooMany(1)]);
    let begin = Instant::now();
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert!(begin.elapsed() >= Duration::from_secs(2));
    assert_eq!(runpod.books().orders.len(), 1);

    let other = RunPod::start();
    let desk = other.desk();
    other.fail(POST, &[Fault::TooMany(3600)]);
    let begin = Instant::now();
    let (code, answer) = desk.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("too many requests"))
    );
    assert!(begin.elapsed() < Duration::from_secs(30));
}

/// An order whose answer was lost is looked for and not given twice.
#[test]
fn a_lost_answer_does_not_cost_a_second_pod() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    runpod.fail(POST, &[Fault::HangAfter]);
    let (code, answer) = desk.json(&["new", "Robot", "--wait", "5"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.books().orders.len(), 1);
    assert!(is_project(
        &runpod.books().pods[0].workspace.path().join("Robot")
    ));

    let other = RunPod::start();
    let desk = other.desk();
    other.fail(POST, &[Fault::Hang]);
    let (code, answer) = desk.json(&["new", "Robot", "--wait", "1", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("It is not known whether RunPod started a pod"),
        "{hint}"
    );
}

/// Killed while it waits: the next run goes on with the same pod.
#[test]
fn an_interrupted_run_is_continued() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    let mut child = desk.command(&["new", "Robot"]).spawn().expect("it starts");
    until("a pod", || (!runpod.books().pods.is_empty()).then_some(()));
    child.kill().expect("killed");
    child.wait().expect("an end");
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.books().orders.len(), 1);
}

#[test]
fn a_question_is_asked_again_when_runpod_stumbles() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    runpod.fail(LIST, &[Fault::Status(500), Fault::Page]);
    runpod.fail(LOOK, &[Fault::Status(503)]);
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!((code, &answer["via"]), (0, &json!("start")), "{answer}");
    assert_eq!(runpod.books().orders.len(), 1);
    runpod.fail(LIST, &[Fault::Status(500); 3]);
    let (code, answer) = desk.json(&["new", "Hero", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
}

#[test]
fn a_pod_that_breaks_leaves_this_machine() {
    for (end, words) in [("ERROR", "it has an error"), ("EXITED", "it has stopped")] {
        let runpod = RunPod::start();
        let desk = runpod.desk();
        runpod.books().end = Some(end);
        let (code, answer) = desk.json(&["new", "Robot"]);
        assert_eq!((code, &answer["via"]), (0, &json!("local")), "{answer}");
        assert!(
            answer["why"]
                .as_str()
                .is_some_and(|why| why.contains(words)),
            "{answer}"
        );
        assert_eq!(answer["pod"]["id"], "pod0");
        assert_eq!(desk.local(), ["Robot"]);
    }
}

#[test]
fn pods_of_the_account_are_found_by_their_names() {
    let runpod = RunPod::start();
    let desk = runpod.desk();
    runpod.rent("someone-elses", "RUNNING");
    runpod.rent("podslate-Robot", "TERMINATED");
    runpod.rent("podslate-Old", "EXITED");
    // On a later page; names are not unique, and the pod that is not gone is meant.
    runpod.rent("podslate-Robot", "EXITED");
    runpod.books().page = Some(2);
    let (code, answer) = desk.json(&["new", "Robot"]);
    assert_eq!(
        (code, &answer["via"], &answer["pod"]["id"]),
        (0, &json!("start"), &json!("pod3"))
    );
    assert!(
        runpod
            .books()
            .requests
            .contains(&"POST /v2/pods/pod3/action".to_owned())
    );
    assert!(runpod.books().orders.is_empty());
}

#[test]
fn the_key_is_needed_and_stays_secret() {
    let runpod = RunPod::start();
    let mut desk = runpod.desk();
    desk.unset("RUNPOD_API_KEY");
    let (code, answer) = desk.json(&["new", "Robot", "--via", "start"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("no API key for RunPod"))
    );
    let (_, answer) = desk.json(&["new", "Robot"]);
    assert_eq!(answer["via"], "local");
    assert!(runpod.books().requests.is_empty());

    desk.set("RUNPOD_API_KEY", "canary-of-another-account");
    let (_, answer) = desk.json(&["new", "Hero", "--via", "start"]);
    assert!(
        answer["error"]
            .as_str()
            .is_some_and(|text| text.contains("does not accept the API key"))
    );

    desk.unset("RUNPOD_API_KEY");
    std::fs::write(desk.path("key"), KEY).expect("a file");
    desk.settings("[runpod]\nimage = \"i\"\ngpu = { id = \"RTX 4090\" }\napi_key_file = \"key\"");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(desk.path("key"), permissions).expect("permissions");
        };
        mode(0o644);
        let (code, answer) = desk.json(&["new", "Hero"]);
        assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
        mode(0o600);
    }
    assert_eq!(desk.json(&["new", "Hero"]).1["via"], "start");
}
