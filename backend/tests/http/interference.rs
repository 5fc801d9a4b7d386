//! Changes by other programs: of names, which show in the very next list, and in projects, which
//! follow soon.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};
use testing::{INTERVAL, PATIENCE};

use crate::server::Server;

/// Name, warnings and number of files of each project in the list.
async fn list(server: &Server) -> Vec<(String, Vec<String>, u64)> {
    let (status, body) = server.get("/api/projects").await;
    assert_eq!(status, 200);
    let (_, names) = server.get("/api/projects/list").await;
    let mut rows = Vec::new();
    for project in body["projects"].as_array().expect("a list") {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let stages = project["stages"].as_array().expect("stages");
        rows.push((
            text(&project["name"]),
            project["warnings"]
                .as_array()
                .expect("warnings")
                .iter()
                .map(text)
                .collect(),
            stages
                .iter()
                .map(|stage| stage["files"].as_u64().expect("a number"))
                .sum(),
        ));
    }
    let listed: Vec<&String> = rows.iter().map(|(name, ..)| name).collect();
    assert_eq!(names, json!({ "projects": listed }));
    rows
}

fn row(name: &str, warnings: &[&str], files: u64) -> (String, Vec<String>, u64) {
    let warnings = warnings.iter().map(|warning| (*warning).to_owned());
    (name.to_owned(), warnings.collect(), files)
}

/// Asserts that the list becomes this.
async fn assert_becomes(server: &Server, expected: &[(String, Vec<String>, u64)]) {
    let start = Instant::now();
    loop {
        let rows = list(server).await;
        if rows == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{rows:?} is not {expected:?}");
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn with_one_project() -> (Server, PathBuf) {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    assert_eq!(list(&server).await, [row("Alpha", &[], 0)]);
    let project = server.root.join("Alpha");
    (server, project)
}

#[tokio::test]
async fn created_moved_and_removed_folders_show() {
    let (server, _) = with_one_project().await;
    let at = |name: &str| server.root.join(name);
    for _ in 0..20 {
        fs::create_dir_all(at("Beta/0_input")).unwrap();
        let rows = [row("Alpha", &[], 0), row("Beta", &["config_missing"], 0)];
        assert_eq!(list(&server).await, rows);

        fs::rename(at("Beta"), at("Aaa")).unwrap();
        let rows = [row("Aaa", &["config_missing"], 0), row("Alpha", &[], 0)];
        assert_eq!(list(&server).await, rows);

        fs::remove_dir_all(at("Aaa")).unwrap();
        assert_eq!(list(&server).await, [row("Alpha", &[], 0)]);
    }
}

#[tokio::test]
async fn created_and_removed_files_show() {
    let (server, project) = with_one_project().await;
    fs::create_dir(project.join("1_textures/albedo/deep")).unwrap();
    for _ in 0..3 {
        for path in ["0_input/a.fbx", "1_textures/albedo/deep/a.png"] {
            fs::write(project.join(path), "").unwrap();
            assert_becomes(&server, &[row("Alpha", &[], 1)]).await;
            fs::remove_file(project.join(path)).unwrap();
            assert_becomes(&server, &[row("Alpha", &[], 0)]).await;
        }
    }
}

#[tokio::test]
async fn broken_and_fixed_configurations_show() {
    let (server, project) = with_one_project().await;
    let config = project.join("pipeline/config.json");
    let good = fs::read(&config).unwrap();
    for _ in 0..2 {
        for (text, warning) in [
            ("{\"project_name\": \"Alp", "config_invalid"),
            ("[]", "config_invalid"),
            ("{\"project_name\": \"alpha\"}", "config_name_differs"),
            ("{}", "config_name_differs"),
        ] {
            fs::write(&config, text).unwrap();
            assert_becomes(&server, &[row("Alpha", &[warning], 0)]).await;
        }
        fs::remove_file(&config).unwrap();
        assert_becomes(&server, &[row("Alpha", &["config_missing"], 0)]).await;
        fs::write(&config, &good).unwrap();
        assert_becomes(&server, &[row("Alpha", &[], 0)]).await;
    }
}

/// Only on a case-sensitive file system.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_case_conflict_is_reported_for_both_and_both_are_kept() {
    let (server, _) = with_one_project().await;
    fs::create_dir_all(server.root.join("ALPHA/0_input")).unwrap();
    let rows = [
        row("ALPHA", &["case_twin", "config_missing"], 0),
        row("Alpha", &["case_twin"], 0),
    ];
    assert_eq!(list(&server).await, rows);
    fs::remove_dir_all(server.root.join("ALPHA")).unwrap();
    fs::write(server.root.join("alpha"), "files conflict, too").unwrap();
    assert_eq!(list(&server).await, [row("Alpha", &["case_twin"], 0)]);
    fs::remove_file(server.root.join("alpha")).unwrap();
    assert_eq!(list(&server).await, [row("Alpha", &[], 0)]);
}

#[tokio::test]
async fn entries_that_are_not_projects_are_not_listed() {
    let (server, project) = with_one_project().await;
    let at = |name: &str| server.root.join(name);
    fs::create_dir_all(at(".hidden/0_input")).unwrap();
    fs::create_dir(at("Empty")).unwrap();
    fs::create_dir_all(at("Photos/summer")).unwrap();
    fs::write(at("notes"), "").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&project, at("Linked")).unwrap();
    assert_eq!(list(&server).await, [row("Alpha", &[], 0)]);

    // The same folders with a part of the layout are.
    fs::create_dir_all(at("Empty/0_input")).unwrap();
    fs::create_dir_all(at("has spaces/4_export")).unwrap();
    let rows = [
        row("Alpha", &[], 0),
        row("Empty", &["config_missing"], 0),
        row("has spaces", &["name_invalid", "config_missing"], 0),
    ];
    assert_eq!(list(&server).await, rows);
    assert!(project.is_dir());
}
