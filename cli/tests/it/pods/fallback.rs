//! The commands after `podslate new` had to do without a pod.

use serde_json::json;
use testing::port;

use super::workstation::TOKEN;
use super::workstation::{Workstation, names};
use crate::program::serve_with_token;

#[test]
#[allow(clippy::too_many_lines, reason = "one story")]
fn what_new_created_without_a_pod_is_found_again() {
    let mut machine = Workstation::new();
    machine.set("DOCKER_HOST", "unix:///nowhere");
    machine.settings("[docker]\nimage = \"podslate\"\nworkspace = \"inputs\"");
    let inputs = machine.path("inputs");
    // Before: the error says where to look.
    let (code, answer) = machine.json(&["list"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
    let hint = answer["hint"].as_str().expect("a hint");
    let step = format!(
        "add `--via local` to use `{}` on this machine",
        inputs.display()
    );
    assert!(hint.contains(&step), "{hint}");

    assert_eq!(machine.json(&["new", "Xx"]).1["via"], "local");
    let output = machine.run(&["list"]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (0, "Xx\n"),
        "{output:?}"
    );
    let heading = format!(
        "On this machine, in {}, because there is no pod",
        inputs.display()
    );
    assert!(output.stderr.starts_with(&heading), "{output:?}");
    let (code, answer) = machine.json(&["list"]);
    assert_eq!(
        (
            code,
            &answer["projects"],
            &answer["via"],
            &answer["workspace"]
        ),
        (0, &json!(["Xx"]), &json!("local"), &json!(inputs))
    );

    // A change is made only where the user says.
    let (code, answer) = machine.json(&["rename", "Xx", "Yy"]);
    assert_eq!(code, 2);
    assert!(
        answer["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains(&step)),
        "{answer}"
    );
    assert_eq!(names(&inputs), ["Xx"]);
    assert_eq!(machine.json(&["rename", "Xx", "Yy", "--via", "local"]).0, 0);
    assert_eq!(names(&inputs), ["Yy"]);
    let (code, answer) = machine.json(&["list", "--via", "local"]);
    assert_eq!((code, &answer["projects"]), (0, &json!(["Yy"])));
    assert_eq!(answer.get("via"), None);
    assert_eq!(machine.json(&["new", "Zz", "--via", "local"]).0, 0);
    assert_eq!(names(&inputs), ["Yy", "Zz"]);
    let (code, answer) = machine.json(&["list", "--via", "api"]);
    assert_eq!((code, &answer["code"]), (2, &json!("provider_failed")));
}

#[test]
fn projects_on_this_machine_are_mentioned_beside_those_of_a_pod() {
    let workspace = tempfile::tempdir().expect("a directory");
    let machine = Workstation::new();
    machine.settings(&format!("url = \"http://127.0.0.1:{}\"", port::free()));
    assert_eq!(machine.json(&["new", "Here"]).1["via"], "local");
    let server = serve_with_token(workspace.path(), TOKEN);
    machine.settings(&format!("url = \"{}\"", server.url));
    assert_eq!(machine.json(&["new", "There"]).1["via"], "api");
    let output = machine.run(&["list"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "There\n"));
    let note = format!(
        "1 more project on this machine, in {}: add `--via local`.\n",
        machine.path("workspace").display()
    );
    assert_eq!(output.stderr, note);
    assert_eq!(machine.run(&["list", "--via", "local"]).stdout, "Here\n");
}

#[test]
fn every_command_without_its_pod_names_the_next_step() {
    let mut machine = Workstation::new();
    let closed = format!("http://127.0.0.1:{}", port::free());
    machine.set("DOCKER_HOST", "unix:///nowhere");
    machine.set("PODSLATE_RUNPOD_API", &closed);
    let runpod = "[runpod]\nimage = \"i\"\ncpu = { id = \"c\", vcpu_count = 1 }";
    let given: &[&str] = &["--pod", &closed];
    for (settings, key, pod) in [
        ("timeout = 5", false, given),
        (&*format!("url = \"{closed}\""), false, &[]),
        ("[docker]\nimage = \"podslate\"", false, &[]),
        (runpod, false, &[]),
        (runpod, true, &[]),
    ] {
        machine.settings(settings);
        if key {
            machine.set("RUNPOD_API_KEY", "canary-key-0123456789abcdef");
        }
        let commands: [&[&str]; 4] = [
            &["list"],
            &["list", "--via", "api"],
            &["rename", "Robot", "Hero"],
            &["new", "Robot", "--via", "api"],
        ];
        for command in commands {
            let (code, answer) = machine.json(&[command, pod].concat());
            assert_eq!(code, 2, "{command:?} {answer}");
            let hint = answer["hint"].as_str().expect("a hint");
            assert!(
                hint.contains("`--via local`"),
                "{settings} {command:?}: {hint}"
            );
        }
    }
    assert!(!machine.path("workspace").exists());
    // The step that they name works, whatever the pod is.
    for (name, pod) in [("Robot", given), ("Hero", &[])] {
        let local = [&["new", name, "--via", "local"], pod].concat();
        assert_eq!(machine.json(&local).0, 0);
        let list = [&["list", "--via", "local"], pod].concat();
        assert_eq!(machine.json(&list).0, 0);
    }
    assert_eq!(machine.local(), ["Hero", "Robot"]);
}
