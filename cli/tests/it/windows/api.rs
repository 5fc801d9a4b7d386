//! The API of the server for Windows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use testing::{Server, Wine, http};

use super::{Held, podslate};
use crate::pods::workstation::names;
use crate::program::is_project;

/// A server for Windows with a workspace of its own.
struct Windows {
    server: Server,
    home: tempfile::TempDir,
}

impl Windows {
    fn start(wine: &Wine) -> Windows {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = podslate(wine, home.path(), &["serve", "--port", "0"]);
        let server = Server::spawn(&mut command).expect("a server");
        Windows { server, home }
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.home.path().join("workspace").join(path)
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let response = http::request(self.server.address(), method, path, body);
        let response = response.expect("a response");
        (response.status, response.body)
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.request("GET", path, None)
    }

    fn create(&self, name: &str) -> (u16, Value) {
        let body = json!({"project_name": name});
        self.request("POST", "/api/projects/create", Some(&body))
    }

    fn rename(&self, old: &str, new: &str) -> (u16, Value) {
        let body = json!({"old_name": old, "new_name": new});
        self.request("POST", "/rename", Some(&body))
    }
}

#[test]
fn projects_are_created() {
    let Some(wine) = Wine::take("windows::api::projects_are_created") else {
        return;
    };
    let windows = Windows::start(&wine);
    assert_eq!(windows.get("/health").1["status"], "healthy");
    let (status, answer) = windows.create("Robot");
    assert_eq!(status, 201, "{answer}");
    let path = answer["project_path"].as_str().expect("a path");
    assert!(path.ends_with(r"\Robot"), "{answer}");
    assert!(is_project(&windows.path("Robot")));
    for (name, status, code) in [
        ("Robot", 409, "name_taken"),
        ("robot", 409, "case_twin"),
        ("AUX", 400, "name_invalid"),
        (r"a\b", 400, "name_invalid"),
    ] {
        let (actual, answer) = windows.create(name);
        assert_eq!((actual, &answer["code"]), (status, &json!(code)), "{name}");
    }
    assert_eq!(names(&windows.path("")), ["Robot"]);
}

#[test]
fn projects_are_renamed_once_nothing_holds_them_open() {
    let test = "windows::api::projects_are_renamed_once_nothing_holds_them_open";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let windows = Windows::start(&wine);
    assert_eq!(windows.create("Robot").0, 201);
    let held = Held::open(&wine, &windows.path("Robot"));
    let (status, answer) = windows.rename("Robot", "Hero");
    assert_eq!((status, &answer["code"]), (409, &json!("in_use")));
    assert_eq!(names(&windows.path("")), ["Robot"]);
    held.close();
    let (status, answer) = windows.rename("Robot", "Hero");
    assert_eq!((status, &answer["new_name"]), (200, &json!("Hero")));
    assert_eq!(names(&windows.path("")), ["Hero"]);
    let (status, answer) = windows.get("/api/projects/Robot");
    assert_eq!((status, &answer["new_name"]), (404, &json!("Hero")));
}

#[test]
fn what_another_program_makes_is_listed_with_its_contents() {
    let test = "windows::api::what_another_program_makes_is_listed_with_its_contents";
    let Some(wine) = Wine::take(test) else {
        return;
    };
    let windows = Windows::start(&wine);
    assert_eq!(windows.create("Hero").0, 201);
    std::fs::create_dir(windows.path("Folder")).expect("a directory");
    std::fs::write(windows.path("Hero/0_input/meshes/a.fbx"), "x").expect("a file");
    let is_counted = || {
        let (_, list) = windows.get("/api/projects");
        let hero = &list["projects"][0];
        (hero["name"] == "Hero" && hero["stages"][0]["files"] == 1).then_some(())
    };
    let counted = testing::wait_for(Duration::from_secs(60), is_counted);
    assert!(counted.is_some(), "{}", windows.get("/api/projects").1);
}
