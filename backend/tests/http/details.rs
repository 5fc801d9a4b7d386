//! `GET /api/projects/{name}` and `GET /health`.

use std::fs;

use serde_json::{Map, Value, json};

use crate::response::no_project;
use crate::server::Server;

#[tokio::test]
async fn health_has_the_workspace_and_the_version() {
    let server = Server::start().await;
    let body = json!({
        "status": "healthy",
        "workspace": server.root.display().to_string(),
        "version": env!("CARGO_PKG_VERSION"),
        "changes": if cfg!(target_os = "linux") { "notifications" } else { "comparison" },
    });
    assert_eq!(server.get("/health").await, (200, body));
}

#[tokio::test]
async fn a_project_is_returned_with_its_configuration() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let config: Map<String, Value> = serde_json::from_str(&testing::config_of("Alpha")).unwrap();
    let mut body = json!({
        "status": "success",
        "project_name": "Alpha",
        "project_path": server.path("Alpha"),
        "config": config,
        "folders": {
            "input": true, "textures": true, "rig": true, "animation": true, "export": true,
        },
        "warnings": [],
    });
    assert_eq!(server.get("/api/projects/Alpha").await, (200, body.clone()));

    fs::remove_dir_all(server.root.join("Alpha/2_rig")).unwrap();
    fs::write(
        server.root.join("Alpha/pipeline/config.json"),
        r#"{"project_name":"Beta","own":1}"#,
    )
    .unwrap();
    body["folders"]["rig"] = json!(false);
    body["config"] = json!({"project_name": "Beta", "own": 1});
    body["warnings"] = json!(["config_name_differs"]);
    assert_eq!(server.get("/api/projects/Alpha").await, (200, body.clone()));

    for (text, warning, reason) in [
        (Some("[1]"), "config_invalid", Some("not_object")),
        (Some(""), "config_invalid", Some("empty")),
        (None, "config_missing", None),
    ] {
        let path = server.root.join("Alpha/pipeline/config.json");
        match text {
            Some(text) => fs::write(path, text),
            None => fs::remove_file(path),
        }
        .unwrap();
        body["config"] = json!(null);
        body["warnings"] = json!([warning]);
        let (status, mut answer) = server.get("/api/projects/Alpha").await;
        let problem = answer.as_object_mut().unwrap().remove("config_problem");
        assert_eq!((status, &answer), (200, &body));
        let found = problem.as_ref().map(|problem| problem["reason"].clone());
        assert_eq!(found, reason.map(Value::from));
    }
}

#[tokio::test]
async fn an_entry_that_is_not_a_project_does_not_exist() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    fs::create_dir(server.root.join("Empty")).unwrap();
    fs::create_dir_all(server.root.join("Photos/summer")).unwrap();
    fs::write(server.root.join("notes"), "a person's").unwrap();
    for name in ["Unknown", "alpha", "Empty", "Photos", "notes"] {
        let response = server.get(&format!("/api/projects/{name}")).await;
        assert_eq!(response, (404, no_project(name)));
    }
    let (status, _) = server.get("/api/projects/Alpha").await;
    assert_eq!(status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn links_out_of_the_workspace_are_not_followed() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret.json");
    fs::write(&secret, r#"{"secret":"canary"}"#).unwrap();
    fs::create_dir(elsewhere.path().join("0_input")).unwrap();
    let config = server.root.join("Alpha/pipeline/config.json");
    fs::remove_file(&config).unwrap();
    std::os::unix::fs::symlink(&secret, &config).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), server.root.join("Linked")).unwrap();

    let (status, body) = server.get("/api/projects/Alpha").await;
    assert_eq!((status, &body["config"]), (200, &json!(null)));
    assert_eq!(body["warnings"], json!(["config_invalid"]));
    assert_eq!(
        server.get("/api/projects/Linked").await,
        (404, no_project("Linked"))
    );
    assert_eq!(
        server.get("/api/projects/list").await,
        (200, json!({"projects": ["Alpha"]}))
    );
}
