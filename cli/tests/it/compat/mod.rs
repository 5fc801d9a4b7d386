//! Compatibility: the commands and clients that existing workstations and pods use, as they stand
//! there.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testing::{Entry, Server, Tree};

use crate::program::{python, repository, script, serve, stdout, worker_in_node};

#[test]
fn curl_creates_a_project() {
    let home = tempfile::tempdir().expect("a directory");
    let server = serve(home.path());
    let create = r#"curl -sS -w '\n%{http_code}' -X POST http://localhost:8080/api/projects/create \
                    -H "Content-Type: application/json" \
                    -d '{"project_name": "TestCharacter"}'"#;
    let (body, status) = curl(&server, create);
    let root = home.path().canonicalize().expect("a path");
    let path = root.join("TestCharacter");
    assert_eq!(status, 201);
    assert_eq!(body["status"], "success");
    assert_eq!(body["project_name"], "TestCharacter");
    assert_eq!(body["project_path"], path.to_str().expect("Unicode"));
    assert_is_reference(&path);

    let (body, status) = curl(&server, create);
    assert_eq!((status, &body["code"]), (409, &json!("name_taken")));

    let list = r"curl -sS -w '\n%{http_code}' http://localhost:8080/api/projects/list";
    let expected = (json!({"projects": ["TestCharacter"]}), 200);
    assert_eq!(curl(&server, list), expected);
}

#[test]
fn the_python_client_creates_lists_and_renames() {
    let home = tempfile::tempdir().expect("a directory");
    let server = serve(home.path());
    let mut client = Command::new(python());
    client.arg(script("compat/pod_client.py")).arg(&server.url);
    let root = home.path().canonicalize().expect("a path");
    assert_eq!(
        stdout(&mut client),
        format!(
            "Created: {}\n{{'projects': ['MyCharacter']}}\nProject renamed to Hero\n\
             {{'projects': ['Hero']}}\n400\n",
            root.join("MyCharacter").display()
        )
    );
    assert_is_reference(&root.join("Hero"));
}

#[test]
fn the_commands_of_the_former_program_work_in_an_independent_runtime() {
    let home = tempfile::tempdir().expect("a directory");
    let path = |name: &str| home.path().join(name);
    let run = |line: &str| {
        let line = line.replace("python pipeline/project_init.py", &worker_in_node());
        stdout(shell(&line).current_dir(home.path()));
    };

    // Strategy 1
    run("python pipeline/project_init.py --project TestCharacter");
    assert_is_reference(&path("TestCharacter"));
    fs::rename(path("TestCharacter"), path("Mounted")).expect("a rename");

    // Strategy 2
    run("export PROJECT_NAME=\"TestCharacter\"\npython pipeline/project_init.py --from-env");
    assert_is_reference(&path("TestCharacter"));
    fs::remove_dir_all(path("TestCharacter")).expect("removed");

    // Strategy 3
    run("python pipeline/project_init.py --project Exhibition");
    run("python pipeline/project_init.py --rename Exhibition TestCharacter");
    assert_is_reference(&path("TestCharacter"));
    assert!(!path("Exhibition").exists());
}

/// Runs a line of shell with the server's port instead of 8080; body and status of the response.
fn curl(server: &Server, line: &str) -> (Value, u16) {
    let port = format!("localhost:{}", server.port());
    let text = stdout(&mut shell(&line.replace("localhost:8080", &port)));
    let (body, status) = text.rsplit_once('\n').expect("a body and a status");
    let body = serde_json::from_str(body).expect("JSON");
    (body, status.parse().expect("a number"))
}

fn shell(lines: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-ec", lines]);
    command
}

/// Asserts that a project is the reference: its directories, and its configuration byte for byte.
fn assert_is_reference(project: &Path) {
    let reference = fs::read_to_string(repository("shared/layouts/character-project.json"));
    let reference: Value = serde_json::from_str(&reference.expect("a file")).expect("JSON");
    let tree = Tree::read(project).expect("a project");
    let is_leaf = |path: &str| {
        !tree
            .entries()
            .any(|(other, _)| other.starts_with(&format!("{path}/")))
    };
    let is_dir = |entry: &(&str, &Entry)| *entry.1 == Entry::Dir;
    let (dirs, files): (Vec<_>, Vec<_>) = tree.entries().partition(is_dir);
    let leaves: Vec<&str> = dirs
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| is_leaf(path))
        .collect();
    assert_eq!(json!(leaves), reference["directories"]);

    let name = project.file_name().expect("a name").to_string_lossy();
    let mut config = reference["files"]["pipeline/config.json"].clone();
    config["project_name"] = json!(name);
    let config = serde_json::to_string_pretty(&config).expect("JSON");
    assert_eq!(
        files,
        [("pipeline/config.json", &Entry::File(config.into()))]
    );
}
