//! A pod that runs, known by its address.

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{TOKEN, Workstation, is_project, names};
use crate::server::Server;

fn pod() -> (TempDir, Server) {
    let workspace = tempfile::tempdir().expect("a directory");
    let server = Server::start_with(workspace.path(), 0, Some(TOKEN));
    (workspace, server)
}

#[test]
fn a_project_is_made_by_the_api_and_not_here() {
    let (workspace, server) = pod();
    let desk = Workstation::new();
    let told = desk.run(&["new", "Robot", "--pod", &server.url]);
    let path = workspace
        .path()
        .canonicalize()
        .expect("a path")
        .join("Robot");
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(
        told.out,
        format!("Created project Robot in {}.\n", path.display())
    );
    assert!(
        told.err
            .contains(&format!("because the pod at {} answers.", server.url)),
        "{told:?}"
    );
    assert!(is_project(&path));
    assert!(desk.local().is_empty());

    let (code, answer) = desk.json(&["new", "Robot2", "--pod", &server.url]);
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
            "why": format!("the pod at {} answers", server.url),
            "pod": {"url": server.url},
        })
    );
}

#[test]
fn a_name_that_is_taken_or_wrong_is_refused() {
    let (workspace, server) = pod();
    let desk = Workstation::new();
    assert_eq!(desk.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    let (code, answer) = desk.json(&["new", "Robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_taken")));
    let hint = answer["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("an earlier run of this command was interrupted"),
        "{hint}"
    );
    let (code, answer) = desk.json(&["new", "robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("case_twin")));
    let (code, answer) = desk.json(&["new", "My Robot", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_invalid")));
    assert_eq!(names(workspace.path()), ["Robot"]);
    assert!(desk.local().is_empty());
}

#[test]
fn a_dry_run_says_the_way_and_does_nothing() {
    let (workspace, server) = pod();
    let desk = Workstation::new();
    let (code, answer) = desk.json(&["new", "Robot", "--pod", &server.url, "--dry-run"]);
    assert_eq!(
        (code, &answer["action"], &answer["via"]),
        (0, &json!("planned"), &json!("api"))
    );
    assert!(names(workspace.path()).is_empty());
    // The real run beside it.
    assert_eq!(desk.run(&["new", "Robot", "--pod", &server.url]).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
    let (code, answer) = desk.json(&["new", "Robot", "--pod", &server.url, "--dry-run"]);
    assert_eq!((code, &answer["code"]), (1, &json!("name_taken")));

    let (code, answer) = desk.json(&["new", "Robot", "--dry-run"]);
    assert_eq!((code, &answer["via"]), (0, &json!("local")));
    assert!(!desk.path("workspace").exists());
}

#[test]
fn the_settings_and_the_environment_name_the_pod() {
    let (workspace, server) = pod();
    let mut desk = Workstation::new();
    desk.settings(&format!("url = \"{}\"", server.url));
    assert_eq!(desk.json(&["new", "A1"]).1["via"], "api");
    std::fs::remove_file(desk.path("podslate.toml")).expect("removed");

    desk.set("PODSLATE_POD", &server.url);
    assert_eq!(desk.json(&["new", "A2"]).1["via"], "api");
    desk.set("PODSLATE_POD", "");
    assert_eq!(desk.json(&["new", "A3"]).1["via"], "local");

    std::fs::create_dir_all(desk.path(".config/podslate")).expect("a folder");
    let user = desk.path(".config/podslate/podslate.toml");
    std::fs::write(user, format!("url = \"{}\"", server.url)).expect("a file");
    if cfg!(not(windows)) {
        assert_eq!(desk.json(&["new", "A4"]).1["via"], "api");
        assert_eq!(names(workspace.path()), ["A1", "A2", "A4"]);
    }
    assert_eq!(
        desk.json(&["new", "A5", "--via", "local"]).1["via"],
        "local"
    );
    assert_eq!(desk.local(), ["A3", "A5"]);
}

#[test]
fn the_token_comes_from_a_file_that_is_the_owners_alone() {
    let (workspace, server) = pod();
    let mut desk = Workstation::new();
    desk.unset("PODSLATE_TOKEN");
    std::fs::write(desk.path("token"), format!("{TOKEN}\n")).expect("a file");
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
            std::fs::set_permissions(desk.path("token"), permissions).expect("permissions");
        };
        mode(0o644);
        let (code, answer) = desk.json(&command);
        assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
        assert!(names(workspace.path()).is_empty());
        mode(0o600);
    }
    assert_eq!(desk.run(&command).code, 0);
    assert_eq!(names(workspace.path()), ["Robot"]);
    desk.settings(&format!("url = \"{}\"\ntoken_file = \"token\"", server.url));
    assert_eq!(desk.run(&["new", "Robot2"]).code, 0);
    let (code, answer) = desk.json(&["new", "Robot3", "--token-file", "missing"]);
    assert_eq!((code, &answer["code"]), (2, &json!("settings_invalid")));
}

#[test]
fn list_and_rename_work_on_a_pod() {
    let (workspace, server) = pod();
    let desk = Workstation::new();
    for name in ["Robot", "list"] {
        assert_eq!(desk.run(&["new", name, "--pod", &server.url]).code, 0);
    }
    let told = desk.run(&["list", "--pod", &server.url]);
    assert_eq!(
        (told.code, told.out.as_str()),
        (0, "list\nRobot\n"),
        "{told:?}"
    );
    let (code, answer) = desk.json(&["rename", "Robot", "Hero", "--pod", &server.url]);
    assert_eq!((code, &answer["action"]), (0, &json!("renamed")));
    assert_eq!(names(workspace.path()), ["Hero", "list"]);
    let (code, answer) = desk.json(&["rename", "Robot", "Hero2", "--pod", &server.url]);
    assert_eq!((code, &answer["code"]), (1, &json!("project_not_found")));
    desk.settings(&format!("url = \"{}\"", server.url));
    let (_, answer) = desk.json(&["list"]);
    assert_eq!(answer["projects"], json!(["Hero", "list"]));
    // A folder that is named is the one that is meant.
    let (code, answer) = desk.json(&["list", "--workspace", "here"]);
    assert_eq!(
        (code, &answer["code"]),
        (2, &json!("workspace_unavailable"))
    );
    assert_eq!(
        desk.run(&["new", "Local", "--via", "local", "--workspace", "here"])
            .code,
        0
    );
    let (_, answer) = desk.json(&["list", "--workspace", "here"]);
    assert_eq!(answer["projects"], json!(["Local"]));
}

#[test]
fn completions_know_the_flags() {
    let desk = Workstation::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let told = desk.run(&["completions", shell]);
        assert_eq!(told.code, 0);
        for flag in [
            "adopt-default",
            "dry-run",
            "pod",
            "token-file",
            "via",
            "wait",
        ] {
            assert!(told.out.contains(flag), "{shell}: {flag}");
        }
    }
}
