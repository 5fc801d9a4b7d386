//! `POST /rename` and `POST /api/projects/{name}/rename`.

use std::fs;

use serde_json::{Value, json};

use crate::response::{case_conflict, error, no_project, not_a_project, taken};
use crate::server::{Server, projects};

/// Address and body for a current and a new name.
type Route = fn(&str, &str) -> (String, Value);

/// Both routes, which have the same responses.
const ROUTES: [Route; 2] = [
    |old, new| {
        (
            "/rename".to_owned(),
            json!({"old_name": old, "new_name": new}),
        )
    },
    |old, new| {
        (
            format!("/api/projects/{old}/rename"),
            json!({"new_name": new}),
        )
    },
];

async fn rename(server: &Server, route: usize, old: &str, new: &str) -> (u16, Value) {
    let (path, body) = ROUTES[route](old, new);
    server.post(&path, &body).await
}

fn renamed(server: &Server, old: &str, new: &str) -> (u16, Value) {
    let body = json!({
        "status": "success",
        "old_name": old,
        "new_name": new,
        "project_path": server.path(new),
        "message": format!("Renamed project {old} to {new}."),
    });
    (200, body)
}

#[tokio::test]
async fn the_folder_and_the_configuration_follow() {
    for route in 0..2 {
        let server = Server::start().await;
        server.create(&["Old", "Other"]).await;
        fs::write(server.root.join("Old/0_input/mesh.fbx"), "a person's").unwrap();
        let response = rename(&server, route, "Old", "New").await;
        assert_eq!(response, renamed(&server, "Old", "New"));
        let mut expected = projects(&["New", "Other"]);
        expected.file("New/0_input/mesh.fbx", "a person's");
        assert_eq!(server.tree(), expected);
    }
}

#[tokio::test]
async fn a_rename_may_change_only_the_case() {
    for route in 0..2 {
        let server = Server::start().await;
        server.create(&["hero"]).await;
        let response = rename(&server, route, "hero", "HERO").await;
        assert_eq!(response, renamed(&server, "hero", "HERO"));
        server.assert_projects(&["HERO"]);
    }
}

#[tokio::test]
async fn a_refused_rename_changes_nothing() {
    let server = Server::start().await;
    server.create(&["Alpha", "Beta", "Broken"]).await;
    fs::create_dir(server.root.join("Empty")).unwrap();
    fs::create_dir_all(server.root.join("Photos/summer")).unwrap();
    fs::write(server.root.join("notes"), "a person's").unwrap();
    fs::write(server.root.join("Broken/pipeline/config.json"), "{").unwrap();
    let before = server.tree();

    let mut broken = error(
        "config_invalid",
        "The file `pipeline/config.json` of `Broken` cannot be used because it ends too early \
         (line 1, column 2), so the project was not renamed.",
        Some("Fix the file and try again."),
    );
    broken["reason"] = "unfinished".into();
    (broken["line"], broken["column"]) = (1.into(), 2.into());
    for (old, new, response) in [
        ("Unknown", "New", (404, no_project("Unknown"))),
        ("alpha", "New", (404, no_project("alpha"))),
        ("Unknown", "Unknown", (404, no_project("Unknown"))),
        ("notes", "New", (409, not_a_project("notes"))),
        ("Empty", "New", (409, not_a_project("Empty"))),
        ("Photos", "New", (409, not_a_project("Photos"))),
        ("Alpha", "Beta", (409, taken("Beta"))),
        ("Alpha", "Alpha", (409, taken("Alpha"))),
        ("Alpha", "Empty", (409, taken("Empty"))),
        ("Alpha", "Photos", (409, taken("Photos"))),
        ("Alpha", "notes", (409, taken("notes"))),
        ("Alpha", "BETA", (409, case_conflict("Beta"))),
        ("Alpha", "NOTES", (409, case_conflict("notes"))),
        ("Broken", "New", (409, broken)),
    ] {
        for route in 0..2 {
            let received = rename(&server, route, old, new).await;
            assert_eq!(received, response, "{old} to {new}");
        }
    }
    assert_eq!(server.tree(), before);
    assert_eq!(
        rename(&server, 0, "Alpha", "New").await,
        renamed(&server, "Alpha", "New")
    );
}

#[tokio::test]
async fn a_configuration_keeps_everything_but_the_name() {
    let server = Server::start().await;
    server.create(&["Old"]).await;
    let own = "{\n    \"mine\": [1, 2.50],\n    \"project_name\": \"Old\"\n}\n";
    fs::write(server.root.join("Old/pipeline/config.json"), own).unwrap();
    assert_eq!(rename(&server, 0, "Old", "New").await.0, 200);
    assert_eq!(
        fs::read_to_string(server.root.join("New/pipeline/config.json")).unwrap(),
        own.replace("Old", "New")
    );
}

#[tokio::test]
async fn a_project_without_a_configuration_is_renamed_without_one() {
    let server = Server::start().await;
    fs::create_dir_all(server.root.join("Bare/0_input")).unwrap();
    assert_eq!(
        rename(&server, 1, "Bare", "Named").await,
        renamed(&server, "Bare", "Named")
    );
    let mut expected = projects(&[]);
    expected.dirs(&["Named", "Named/0_input"]);
    assert_eq!(server.tree(), expected);
}
