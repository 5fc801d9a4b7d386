//! A running pod, known by its address.

use serde_json::json;
use tempfile::TempDir;
use testing::Server;

use super::workstation::{TOKEN, Workstation, names};
use crate::program::{is_project, serve_with_token};

fn pod() -> (TempDir, Server) {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = serve_with_token(workspace.path(), TOKEN);
    (workspace, server)
}

#[test]
fn a_project_is_created_by_the_api_and_not_locally() {
    let (workspace, server) = pod();
    let machine = Workstation::new();
    let output = machine.run(&["new", "Robot", "--pod", &server.url]);
    let path = workspace
        .path()
        .canonicalize()
        .expect("a path")
        .join("Robot");
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(
        output.stdout,
        format!("Created project Robot in {}.\n", path.display())
    );
    assert!(
        output
            .stderr
            .contains(&format!("because the pod at {} responds.", server.url)),
        "{output:?}"
    );
    assert!(is_project(&path));
    assert!(machine.local().is_empty());

    let (code, answer) = machine.json(&["new", "Robot2", "--pod", &server.url]);
    let path = path.with_file_name("Robot2");
    assert_eq!(code, 0);
    assert_eq!(
        answer,
        json!({
            "status": "success",
            "action": "created",
            "project_name": "Robot2",
            "project_path": path,
            "message": format!("Created project Robot2 in {}.", path.display()),
            "via": "api",
            "why": format!("the pod at {} responds", server.url),
            "pod": {"url": server.url},
        })
    );
}

#[test]
fn a_name_that_is_taken_or_wrong_is_refused() {
    let (workspace, server) = pod();
    let machine = Workstation::new();
    assert_eq!(machine.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    let (code, answer) = machine.json(&["new", "Robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_taken")));
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("an earlier run of this command was interrupted"),
        "{hint}"
    );
    let (code, answer) = machine.json(&["new", "robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("case_twin")));
    let (code, answer) = machine.json(&["new", "My Robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_invalid")));
    assert_eq!(names(workspace.path()), ["Robot"]);
    assert!(machine.local().is_empty());
}

#[test]
fn a_dry_run_reports_the_way_and_changes_nothing() {
    let (workspace, server) = pod();
    let machine = Workstation::new();
    let (code, answer) = machine.json(&["new", "Robot", "--pod", &server.url, "--dry-run"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("planned"), &json!("api"))
    );
    assert!(names(workspace.path()).is_empty());
    // The real run, as the control.
    assert_eq!(machine.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
    let (code, answer) = machine.json(&["new", "Robot", "--pod", &server.url, "--dry-run"]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_taken")));

    let (code, answer) = machine.json(&["new", "Robot", "--dry-run"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    assert!(!machine.path("workspace").exists());
}

#[test]
fn the_settings_and_the_environment_name_the_pod() {
    let (workspace, server) = pod();
    let mut machine = Workstation::new();
    machine.settings(&format!("url = \"{}\"", server.url));
    assert_eq!(machine.json(&["new", "A1"]).1["via"], "api");
    std::fs::remove_file(machine.path("podslate.toml")).expect("removed");

    machine.set("PODSLATE_POD", &server.url);
    assert_eq!(machine.json(&["new", "A2"]).1["via"], "api");
    machine.set("PODSLATE_POD", "");
    assert_eq!(machine.json(&["new", "A3"]).1["via"], "local");

    std::fs::create_dir_all(machine.path(".config/podslate")).expect("a directory");
    let user = machine.path(".config/podslate/podslate.toml");
    std::fs::write(user, format!("url = \"{}\"", server.url)).expect("a file");
    if cfg!(not(windows)) {
        assert_eq!(machine.json(&["new", "A4"]).1["via"], "api");
        assert_eq!(names(workspace.path()), ["A1", "A2", "A4"]);
    }
    assert_eq!(
        machine.json(&["new", "A5", "--via", "local"]).1["via"],
        "local"
    );
    assert_eq!(machine.local(), ["A3", "A5"]);
}

#[test]
fn the_token_comes_from_a_file_that_only_its_owner_can_read() {
    let (workspace, server) = pod();
    let mut machine = Workstation::new();
    machine.unset("PODSLATE_TOKEN");
    std::fs::write(machine.path("token"), format!("{TOKEN}\n")).expect("a file");
    let command = [
        "new",
        "Robot",
        "--pod",
        &server.url,
        "--token-file",
        "token",
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(machine.path("token"), permissions).expect("permissions");
        };
        mode(0o644);
        let (code, answer) = machine.json(&command);
        assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
        assert!(names(workspace.path()).is_empty());
        mode(0o600);
    }
    assert_eq!(machine.run(&command).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
    machine.settings(&format!("url = \"{}\"\ntoken_file = \"token\"", server.url));
    assert_eq!(machine.run(&["new", "Robot2"]).code, 0);
    let (code, answer) = machine.json(&["new", "Robot3", "--token-file", "missing"]);
    assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
}

#[test]
fn list_and_rename_work_on_a_pod() {
    let (workspace, server) = pod();
    let machine = Workstation::new();
    for name in ["Robot", "list"] {
        assert_eq!(machine.run(&["new", name, "--pod", &server.url]).code, 0);
    }
    let output = machine.run(&["list", "--pod", &server.url]);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (0, "list\nRobot\n"),
        "{output:?}"
    );
    let (code, answer) = machine.json(&["rename", "Robot", "Hero", "--pod", &server.url]);
    assert_eq!((code, &answer["action"]), (0, &json!("renamed")));
    assert_eq!(names(workspace.path()), ["Hero", "list"]);
    for (old, refusal) in [("Robot", "renamed"), ("Nobody", "project_not_found")] {
        let (code, answer) = machine.json(&["rename", old, "Hero2", "--pod", &server.url]);
        assert_eq!((code, &answer["code"]), (1, &json!(refusal)));
    }
    machine.settings(&format!("url = \"{}\"", server.url));
    let (_, answer) = machine.json(&["list"]);
    assert_eq!(answer["projects"], json!(["Hero", "list"]));
    // A folder that is given takes precedence over the pod.
    let (code, answer) = machine.json(&["list", "--workspace", "here"]);
    assert_eq!(
        (code, &answer["code"]),
        (2, &json!("workspace_unavailable"))
    );
    assert_eq!(
        machine
            .run(&["new", "Local", "--via", "local", "--workspace", "here"])
            .code,
        0
    );
    let (_, answer) = machine.json(&["list", "--workspace", "here"]);
    assert_eq!(answer["projects"], json!(["Local"]));
}

#[test]
fn completions_have_the_options() {
    let machine = Workstation::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = machine.run(&["completions", shell]);
        assert_eq!(output.code, 0);
        for flag in [
            "adopt-default",
            "dry-run",
            "pod",
            "token-file",
            "via",
            "wait",
        ] {
            assert!(output.stdout.contains(flag), "{shell}: {flag}");
        }
    }
}
