//! Clusters that cannot be used, and pods that do not start.

use std::fs;

use serde_json::{Value, json};
use testing::port;

use super::Kubernetes;
use crate::pods::workstation::{Workstation, wait_for};

/// The error of a command: its sentence and its hint.
fn error(machine: &Workstation, code: &str, arguments: &[&str]) -> (String, String) {
    let (exit, answer) = machine.json(arguments);
    assert_eq!((exit, &answer["code"]), (2, &json!(code)), "{answer}");
    let text = |key: &str| answer[key].as_str().expect("a text").to_owned();
    (text("error"), text("hint"))
}

/// The error of a start that finds no pod to use.
fn refused(machine: &Workstation, wait: &str) -> (String, String) {
    let arguments = ["new", "Robot", "--via", "start", "--wait", wait];
    error(machine, "provider_failed", &arguments)
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_a_sentence() {
    let test = "kubernetes::refusals::a_kubeconfig_that_cannot_be_used_is_a_sentence";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let mut machine = kubernetes.workstation("artist");
    let is_refused = |machine: &Workstation, settings: &str, sentence: &str, step: &str| {
        machine.settings(&format!("[kubernetes]\nimage = \"podslate\"\n{settings}"));
        for arguments in [&["new", "Robot"][..], &["pods"], &["list"], &["stop"]] {
            let (error, hint) = error(machine, "settings_invalid", arguments);
            assert!(error.contains(sentence), "{error}");
            assert!(hint.contains(step), "{hint}");
        }
    };
    let sentence = "the kubeconfig has no context `other`";
    is_refused(&machine, "context = \"other\"", sentence, "get-contexts");
    let good = machine.path("good");
    let bad = machine.path("bad");
    fs::write(&bad, "}canary{").expect("a file");
    machine.set("KUBECONFIG", bad.to_str().expect("Unicode"));
    is_refused(
        &machine,
        "",
        "the kubeconfig cannot be used",
        "kubectl cluster-info",
    );
    machine.set("KUBECONFIG", good.to_str().expect("Unicode"));
    is_refused(&machine, "", "there is no kubeconfig `", "administrator");
    fs::write(&good, "apiVersion: v1\nkind: Config\n").expect("a file");
    is_refused(&machine, "", "no current context", "use-context");
    assert_eq!(kubernetes.names(), [""; 0]);
}

#[test]
fn a_cluster_that_does_not_respond_is_a_sentence() {
    let test = "kubernetes::refusals::a_cluster_that_does_not_respond_is_a_sentence";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let mut machine = kubernetes.machine("podslate", "");
    let closed = machine.path("closed.conf");
    let cluster = "{name: c, cluster: {server: \"https://127.0.0.1:PORT\"}}";
    let cluster = cluster.replace("PORT", &port::free().to_string());
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{cluster}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
    );
    fs::write(&closed, text).expect("a file");
    machine.set("KUBECONFIG", closed.to_str().expect("Unicode"));
    let (error, hint) = refused(&machine, "5");
    assert!(
        error.ends_with(" cannot be used: connection refused."),
        "{error}"
    );
    assert!(hint.contains("kubectl cluster-info"), "{hint}");
    machine.creates_locally("Robot", "connection refused");
}

#[test]
fn a_person_without_rights_learns_which_are_missing() {
    let test = "kubernetes::refusals::a_person_without_rights_learns_which_are_missing";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let namespace = &kubernetes.namespace;
    let machine = kubernetes.workstation("stranger");
    let settings = |namespace: &str| {
        let text = format!("[kubernetes]\nimage = \"podslate\"\nnamespace = \"{namespace}\"");
        machine.settings(&text);
    };
    settings(namespace);
    let (sentence, hint) = refused(&machine, "5");
    let expected = format!("you may not do this in the namespace `{namespace}`: deployments.apps");
    assert!(sentence.contains(&expected), "{sentence}");
    assert!(hint.contains("`docs/platforms.md`"), "{hint}");

    let mut machine = kubernetes.workstation("admin");
    machine.settings("[kubernetes]\nimage = \"podslate\"\nnamespace = \"absent\"");
    let (sentence, hint) = refused(&machine, "5");
    assert!(
        sentence.contains("there is no namespace `absent`"),
        "{sentence}"
    );
    assert!(hint.contains("another `namespace`"), "{hint}");
    let config = fs::read_to_string(kubernetes.kubeconfig("admin")).expect("a kubeconfig");
    let wrong = machine.path("wrong.conf");
    fs::write(&wrong, config.replace("canary-admin", "wrong")).expect("a file");
    machine.set("KUBECONFIG", wrong.to_str().expect("Unicode"));
    let (sentence, hint) = refused(&machine, "5");
    assert!(
        sentence.contains("does not accept your credentials"),
        "{sentence}"
    );
    assert!(hint.contains("Sign in"), "{hint}");
    assert_eq!(kubernetes.names(), [""; 0]);
}

/// The claim has no volume yet, so nothing is lost with it.
#[test]
fn a_start_that_cannot_succeed_leaves_nothing() {
    let test = "kubernetes::refusals::a_start_that_cannot_succeed_leaves_nothing";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let quota = |hard: &Value| {
        kubernetes.apply(&json!({
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small"},
            "spec": {"hard": hard},
        }));
        wait_for("the quota", || {
            let quota = &kubernetes.objects("resourcequotas")[0];
            (quota["status"]["hard"] == *hard).then_some(())
        });
    };
    let machine = kubernetes.machine("podslate", "");
    // Refused by the API server, and by the controller of the Deployment.
    for hard in [json!({"services": "0"}), json!({"pods": "0"})] {
        quota(&hard);
        let (error, hint) = refused(&machine, "60");
        assert!(error.contains("is used up: "), "{error}");
        assert!(error.contains("exceeded quota: small"), "{error}");
        assert!(format!("{error} {hint}").contains("ask for less in `podslate.toml`"));
        assert_eq!(kubernetes.names(), [""; 0]);
    }
    kubernetes.kubectl(&["delete", "resourcequota", "small"]);
    let machine = kubernetes.machine("podslate", "resources = { cpu = \"much\" }");
    let (error, hint) = refused(&machine, "60");
    assert!(
        error.contains("does not accept the settings of the pod: "),
        "{error}"
    );
    assert!(hint.contains("`[kubernetes]`"), "{hint}");
    assert_eq!(kubernetes.names(), [""; 0]);
    machine.creates_locally("Robot", "does not accept the settings");
}

#[test]
fn an_image_that_is_missing_leaves_nothing_but_a_volume() {
    let test = "kubernetes::refusals::an_image_that_is_missing_leaves_nothing_but_a_volume";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine_with_volume("absent", "");
    let (error, _) = refused(&machine, "60");
    assert!(error.contains("ErrImageNeverPull: "), "{error}");
    assert!(error.contains("check `image`"), "{error}");
    // Its claim has a volume by now, which might have files.
    let claim = "persistentvolumeclaim/podslate-robot--3bf6b51b7b";
    assert_eq!(kubernetes.names(), [claim]);
    machine.settings(&settings_with_image(&machine, "podslate"));
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "start");
}

#[test]
fn a_container_that_ends_at_once_is_stopped() {
    let test = "kubernetes::refusals::a_container_that_ends_at_once_is_stopped";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine_with_volume("crash", "");
    let (error, hint) = refused(&machine, "60");
    let sentence = "it ended with exit code 3; the end of its log: one / the pipeline broke with \
                    [hidden].";
    assert!(error.contains(sentence), "{error}");
    let namespace = &kubernetes.namespace;
    let command = format!("kubectl delete deployment podslate-robot--3bf6b51b7b -n {namespace}");
    assert!(hint.contains(&command), "{hint}");
    assert_eq!(kubernetes.objects("deployments")[0]["spec"]["replicas"], 0);
    assert_eq!(machine.json(&["pods"]).1["pods"][0]["state"], "stopped");
}

#[test]
fn what_a_pod_waits_for_is_in_the_error_and_it_can_be_stopped() {
    let test = "kubernetes::refusals::what_a_pod_waits_for_is_in_the_error_and_it_can_be_stopped";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine("podslate", "");
    let (error, hint) = refused(&machine, "3");
    let sentence = "is not ready after 3 seconds: Kubernetes reports that the claim \
                    `podslate-robot--3bf6b51b7b` has no volume yet";
    assert!(error.contains(sentence), "{error}");
    assert!(error.contains("check `storage`"), "{error}");
    assert!(
        hint.contains("podslate stop podslate-robot--3bf6b51b7b"),
        "{hint}"
    );
    assert_eq!(machine.json(&["pods"]).1["pods"][0]["state"], "starting");
    assert_eq!(machine.json(&["stop"]).0, 0);
    kubernetes.kubectl(&["delete", "deployment", "--all"]);

    let settings = "node_selector = { gpu = \"yes\" }\nresources = { \"nvidia.com/gpu\" = 1 }";
    let machine = kubernetes.machine("podslate", settings);
    kubernetes.volume(&machine.path("workspace"));
    let (error, _) = refused(&machine, "10");
    assert!(
        error.contains("reports that no node can run it ("),
        "{error}"
    );
    assert!(error.contains("`node_selector`"), "{error}");
    assert_eq!(machine.json(&["stop"]).0, 0);
    assert_eq!(kubernetes.objects("pods"), [Value::Null; 0]);
}

#[test]
fn a_node_that_stops_is_reported() {
    let Some(kubernetes) = Kubernetes::take("kubernetes::refusals::a_node_that_stops_is_reported")
    else {
        return;
    };
    let machine = kubernetes.machine_with_volume("podslate", "");
    let settings = fs::read_to_string(machine.path("podslate.toml")).expect("settings");
    machine.settings(&format!("timeout = 2\n{settings}"));
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "start");
    kubernetes.signal("kubelet", "STOP");
    // The cluster does not know it yet.
    let (sentence, _) = error(&machine, "pod_unreachable", &["rename", "Robot", "Hero"]);
    assert!(sentence.contains("its node does not respond"), "{sentence}");
    wait_for("the cluster to know", || {
        let (_, answer) = machine.json(&["pods"]);
        (answer["pods"][0]["state"] == "starting").then_some(())
    });
    let (sentence, _) = refused(&machine, "1");
    assert!(
        sentence.contains("Kubernetes reports Node is not ready"),
        "{sentence}"
    );
    kubernetes.signal("kubelet", "CONT");
    assert_eq!(machine.json(&["new", "Robot"]).1["action"], "completed");
}

#[test]
fn an_api_server_that_goes_away_in_the_middle_is_reported() {
    let test = "kubernetes::refusals::an_api_server_that_goes_away_in_the_middle_is_reported";
    let Some(kubernetes) = Kubernetes::take(test) else {
        return;
    };
    let machine = kubernetes.machine("podslate", "");
    let settings = fs::read_to_string(machine.path("podslate.toml")).expect("settings");
    machine.settings(&format!("timeout = 2\n{settings}"));
    let mut new = machine.command(&["new", "Robot", "--via", "start", "--json"]);
    let started = std::thread::spawn(move || new.output().expect("it runs"));
    wait_for("the pod", || (kubernetes.names().len() == 4).then_some(()));
    kubernetes.signal("kube-apiserver", "STOP");
    let output = started.join().expect("an end");
    kubernetes.signal("kube-apiserver", "CONT");
    assert_eq!(output.status.code(), Some(2));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(
        error.ends_with("it did not respond within 2 seconds."),
        "{answer}"
    );
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(hint.contains("run the same command again"), "{hint}");
    // The pod was announced before, and the next run continues with it.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("podslate stop podslate-robot--"),
        "{stderr}"
    );
    kubernetes.volume(&machine.path("workspace"));
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "start");
    assert_eq!(kubernetes.objects("deployments").len(), 1);
}

/// The settings of a workstation with another image.
fn settings_with_image(machine: &Workstation, image: &str) -> String {
    let settings = fs::read_to_string(machine.path("podslate.toml")).expect("settings");
    settings.replace("\"absent\"", &format!("\"{image}\""))
}
