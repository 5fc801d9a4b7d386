//! `POST /api/projects/create`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::response::{case_conflict, taken};
use crate::server::{Server, projects};
use testing::Tree;

const CREATE: &str = "/api/projects/create";

#[tokio::test]
async fn a_new_project_equals_the_reference_byte_for_byte() {
    let server = Server::start().await;
    let response = server
        .post(CREATE, &json!({"project_name": "MyCharacter"}))
        .await;
    let path = server.path("MyCharacter");
    let body = json!({
        "status": "success",
        "project_name": "MyCharacter",
        "project_path": path,
        "message": format!("Created project MyCharacter in {path}."),
    });
    assert_eq!(response, (201, body));
    assert_eq!(server.tree(), reference("MyCharacter"));
}

#[tokio::test]
async fn a_taken_name_is_refused_and_nothing_changes() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    fs::write(server.root.join("a_file"), "a person's").unwrap();
    fs::create_dir(server.root.join("an_empty_folder")).unwrap();
    fs::create_dir_all(server.root.join("a_folder/of_a_person")).unwrap();
    let before = server.tree();

    for name in ["Alpha", "a_file", "an_empty_folder", "a_folder"] {
        let response = server.post(CREATE, &json!({ "project_name": name })).await;
        assert_eq!(response, (409, taken(name)), "{name}");
    }
    for (name, entry) in [
        ("ALPHA", "Alpha"),
        ("A_File", "a_file"),
        ("A_folder", "a_folder"),
    ] {
        let response = server.post(CREATE, &json!({ "project_name": name })).await;
        assert_eq!(response, (409, case_conflict(entry)), "{name}");
    }
    assert_eq!(server.tree(), before);
    server.create(&["Alpha2"]).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_place_of_a_project_is_not_followed() {
    let server = Server::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let link = |target: &Path, name: &str| {
        std::os::unix::fs::symlink(target, server.root.join(name)).unwrap();
    };
    link(elsewhere.path(), "outward");
    link(Path::new("/nothing/there"), "dangling");
    for name in ["outward", "dangling"] {
        let response = server.post(CREATE, &json!({ "project_name": name })).await;
        assert_eq!(response, (409, taken(name)), "{name}");
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    fs::remove_file(server.root.join("outward")).unwrap();
    fs::remove_file(server.root.join("dangling")).unwrap();
    assert_eq!(server.tree(), projects(&[]));
    server.create(&["outward", "dangling"]).await;
}

#[tokio::test]
async fn unknown_fields_and_parameters_of_the_media_type_are_ignored() {
    let server = Server::start().await;
    for (name, kind) in [
        ("Plain", "application/json"),
        ("Charset", "application/json; charset=utf-8"),
        ("Capitals", "Application/JSON"),
    ] {
        let body = json!({"project_name": name, "overwrite": true, "path": "/etc"}).to_string();
        let headers = [("content-type", kind)];
        let response = server
            .send(reqwest::Method::POST, CREATE, &headers, Some(&body))
            .await;
        assert_eq!(response.status, 201, "{}", response.text());
    }
    server.assert_projects(&["Plain", "Charset", "Capitals"]);
}

#[tokio::test]
async fn a_project_may_have_the_name_of_an_address() {
    let server = Server::start().await;
    server.create(&["create", "list", "rename"]).await;
    let (status, body) = server.get("/api/projects/create").await;
    assert_eq!((status, &body["project_name"]), (200, &json!("create")));
    let (status, body) = server.get("/api/projects/rename").await;
    assert_eq!((status, &body["project_name"]), (200, &json!("rename")));
    let renamed = server
        .post(
            "/api/projects/create/rename",
            &json!({"new_name": "created"}),
        )
        .await;
    assert_eq!(renamed.0, 200);
    server.assert_projects(&["created", "list", "rename"]);
}

/// A workspace with one project of the reference layout.
fn reference(name: &str) -> Tree {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/layouts/character-project.json");
    let reference = fs::read_to_string(path).expect("a file");
    let reference: Value = serde_json::from_str(&reference).expect("JSON");
    let mut tree = Tree::default();
    tree.dir(name);
    for folder in reference["directories"].as_array().expect("a list") {
        let folder = folder.as_str().expect("text");
        for (end, _) in folder.match_indices('/') {
            tree.dir(&format!("{name}/{}", &folder[..end]));
        }
        tree.dir(&format!("{name}/{folder}"));
    }
    let mut config = reference["files"]["pipeline/config.json"].clone();
    config["project_name"] = json!(name);
    let config = serde_json::to_string_pretty(&config).expect("JSON");
    tree.file(&format!("{name}/pipeline/config.json"), &config);
    tree
}
