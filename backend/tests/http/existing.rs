//! Folders that exist under names that podslate would not choose, and names that projects had.

use std::fs;
use std::path::Path;

use podslate_backend::Workspace;
use podslate_backend::startup::{self, StartupOptions};
use podslate_shared::{Error, ProjectName};
use serde_json::{Value, json};

use crate::response::error;
use crate::server::{Server, names};

/// Names that file managers and other systems give.
const NAMES: [(&str, &str); 5] = [
    ("Hero copy", "Hero%20copy"),
    ("_test", "_test"),
    ("A", "A"),
    ("Zoë", "Zo%C3%AB"),
    ("it's \"new\"", "it%27s%20%22new%22"),
];

#[tokio::test]
async fn any_listed_folder_is_shown_and_renamed() {
    let server = Server::start().await;
    for (number, (name, escaped)) in NAMES.into_iter().enumerate() {
        server.create(&["Hero"]).await;
        fs::rename(server.root.join("Hero"), server.root.join(name)).unwrap();
        let response = server.raw_get(&format!("/api/projects/{escaped}")).await;
        let (status, details) = response.json();
        assert_eq!((status, &details["project_name"]), (200, &json!(name)));
        let new = format!("New{number}");
        let body = json!({"old_name": name, "new_name": new});
        let (status, renamed) = server.post("/rename", &body).await;
        assert_eq!(
            (status, &renamed["new_name"]),
            (200, &json!(new)),
            "{renamed}"
        );
        let config = fs::read(server.root.join(&new).join("pipeline/config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        assert_eq!(config["project_name"], json!(new));
        assert!(!server.root.join(name).exists());
    }
}

async fn rename(server: &Server, old: &str, new: &str) {
    let body = json!({"old_name": old, "new_name": new});
    let (status, body) = server.post("/rename", &body).await;
    assert_eq!(status, 200, "{body}");
}

fn start(root: &Path, name: &str) -> Result<startup::Prepared, Error> {
    let worker = podslate_backend::worker().expect("the worker runs");
    let workspace = Workspace::open(root, worker)?;
    let options = StartupOptions {
        project: Some(ProjectName::parse(name)?),
        default_project: None,
    };
    // As at a start, outside of the server's runtime.
    std::thread::scope(|scope| {
        let prepare = scope.spawn(|| startup::prepare(&workspace, &options));
        prepare.join().expect("no panic")
    })
}

#[tokio::test]
async fn a_former_name_leads_to_the_project() {
    let server = Server::start().await;
    server.create(&["Hero"]).await;
    rename(&server, "Hero", "Villain").await;
    rename(&server, "Villain", "Boss").await;
    for name in ["Hero", "Villain"] {
        let mut gone = error(
            "renamed",
            &format!("The project `{name}` has been renamed to `Boss`."),
            Some("Use the new name."),
        );
        gone["new_name"] = "Boss".into();
        let response = server.get(&format!("/api/projects/{name}")).await;
        assert_eq!(response, (404, gone));
        let prepared = start(&server.root, name).unwrap();
        assert_eq!(prepared.project.unwrap().as_str(), "Boss");
        assert_eq!(prepared.former_name.unwrap().as_str(), name);
    }
    assert_eq!(visible(&server.root), ["Boss"]);
    // A name that nobody had is still created, and a new project of an old name is the one meant.
    assert_eq!(start(&server.root, "Fresh").unwrap().former_name, None);
    server.create(&["Hero"]).await;
    let prepared = start(&server.root, "Hero").unwrap();
    assert_eq!(prepared.project.unwrap().as_str(), "Hero");
    assert_eq!(visible(&server.root), ["Boss", "Fresh", "Hero"]);
}

#[tokio::test]
async fn a_hand_made_rename_is_followed_and_copies_are_not_guessed() {
    let server = Server::start().await;
    server.create(&["Hero"]).await;
    let path = |name: &str| server.root.join(name);
    fs::rename(path("Hero"), path("My Villain")).unwrap();
    let prepared = start(&server.root, "Hero").unwrap();
    assert_eq!(prepared.project.unwrap().as_str(), "My Villain");
    fs::create_dir_all(path("Copy/pipeline")).unwrap();
    let config = "pipeline/config.json";
    fs::copy(path("My Villain").join(config), path("Copy").join(config)).unwrap();
    let refused = start(&server.root, "Hero").unwrap_err();
    assert_eq!(refused.code().as_str(), "former_name_ambiguous");
    assert_eq!(
        refused.to_string(),
        "Several projects were called `Hero` before: Copy, My Villain."
    );
    assert!(!path("Hero").exists());
}

fn visible(root: &Path) -> Vec<String> {
    let mut all = names(root);
    all.retain(|name| !name.starts_with('.'));
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_problem_of_a_configuration_is_the_same_everywhere() {
    let server = Server::start().await;
    server.create(&["Hero"]).await;
    let config = server.root.join("Hero/pipeline/config.json");
    let text = "{\n  \"project_name\": \"Hero\",\n  \"project_name\": \"Hero\"\n}";
    fs::write(&config, text).unwrap();
    let problem = json!({"reason": "name_twice", "line": 3, "column": 3});
    let (_, details) = server.get("/api/projects/Hero").await;
    assert_eq!(details["config_problem"], problem);
    let listed = |list: &Value| list["projects"][0]["config_problem"] == problem;
    let list = server.list_when(listed).await;
    assert_eq!(list["projects"][0]["warnings"], json!(["config_invalid"]));
    let body = json!({"old_name": "Hero", "new_name": "Villain"});
    let (status, refused) = server.post("/rename", &body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("config_invalid")));
    for key in ["reason", "line", "column"] {
        assert_eq!(refused[key], problem[key]);
    }
    assert_eq!(fs::read_to_string(&config).unwrap(), text);

    // Valid JSON that not every library reads.
    let deep = format!(
        "{{\"a\": {}1{}, \"b\": 1e400, \"c\": \"\\ud83d\"}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    fs::write(&config, deep).unwrap();
    let response = server.raw_get("/api/projects/Hero").await;
    assert_eq!(response.status, 200);
    assert!(
        !response.text().contains("config_invalid"),
        "{}",
        response.text()
    );
    assert_eq!(server.post("/rename", &body).await.0, 200);
}
