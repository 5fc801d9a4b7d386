//! The API of the server for Windows.

use std::time::Duration;

use serde_json::json;
use testing::{Server, Wine, http};

use super::{Held, podslate};
use crate::pods::workstation::names;
use crate::program::is_project;

#[test]
fn projects_are_created_listed_and_renamed() {
    let Some(wine) = Wine::take("windows::api::projects_are_created_listed_and_renamed") else {
        return;
    };
    let home = tempfile::tempdir().expect("a directory");
    let workspace = home.path().join("workspace");
    let mut command = podslate(&wine, home.path(), &["serve", "--port", "0"]);
    let server = Server::spawn(&mut command).expect("a server");
    let request = |method: &str, path: &str, body: serde_json::Value| {
        let body = Some(&body).filter(|body| !body.is_null());
        let response = http::request(server.address(), method, path, body).expect("a response");
        (response.status, response.body)
    };
    assert_eq!(
        request("GET", "/health", json!(null)).1["status"],
        "healthy"
    );
    let create = |name: &str| {
        request(
            "POST",
            "/api/projects/create",
            json!({"project_name": name}),
        )
    };
    let rename = |old: &str, new: &str| {
        request("POST", "/rename", json!({"old_name": old, "new_name": new}))
    };
    let (status, answer) = create("Robot");
    assert_eq!(status, 201, "{answer}");
    assert!(
        answer["project_path"]
            .as_str()
            .is_some_and(|path| path.ends_with(r"\Robot")),
        "{answer}"
    );
    assert!(is_project(&workspace.join("Robot")));
    for (name, status, code) in [
        ("Robot", 409, "name_taken"),
        ("robot", 409, "case_twin"),
        ("AUX", 400, "name_invalid"),
        (r"a\b", 400, "name_invalid"),
    ] {
        let (actual, answer) = create(name);
        assert_eq!((actual, &answer["code"]), (status, &json!(code)), "{name}");
    }
    let held = Held::open(&wine, &workspace.join("Robot"));
    let (status, answer) = rename("Robot", "Hero");
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("in_use")),
        "{answer}"
    );
    held.close();
    let (status, answer) = rename("Robot", "Hero");
    assert_eq!(
        (status, &answer["new_name"]),
        (200, &json!("Hero")),
        "{answer}"
    );
    assert_eq!(names(&workspace), ["Hero"]);
    let (status, answer) = request("GET", "/api/projects/Robot", json!(null));
    assert_eq!(
        (status, &answer["new_name"]),
        (404, &json!("Hero")),
        "{answer}"
    );
    // What another program makes shows, and with its contents.
    std::fs::create_dir(workspace.join("Folder")).expect("a directory");
    std::fs::write(workspace.join("Hero/0_input/meshes/a.fbx"), "x").expect("a file");
    let is_counted = || {
        let (_, list) = request("GET", "/api/projects", json!(null));
        let hero = &list["projects"][0];
        (hero["name"] == "Hero" && hero["stages"][0]["files"] == 1).then_some(())
    };
    let counted = testing::wait_for(Duration::from_secs(60), is_counted);
    assert!(
        counted.is_some(),
        "{}",
        request("GET", "/api/projects", json!(null)).1
    );
}
