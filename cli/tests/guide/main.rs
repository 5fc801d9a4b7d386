//! The commands that existing workstations and pods use, as they are written there.

#[path = "../support/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use server::Server;

#[test]
fn curl_creates_a_project() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path());
    let create = r#"curl -sS -w '\n%{http_code}' -X POST http://localhost:8080/api/projects/create \
                    -H "Content-Type: application/json" \
                    -d '{"project_name": "TestCharacter"}'"#;
    let (body, status) = curl(&server, create);
    let path = home
        .path()
        .canonicalize()
        .expect("a path")
        .join("TestCharacter");
    assert_eq!(status, 201);
    assert_eq!(body["status"], "success");
    assert_eq!(body["project_name"], "TestCharacter");
    assert_eq!(
        body["project_path"],
        path.to_str().expect("a path in Unicode")
    );
    assert_is_reference(&path);

    let (body, status) = curl(&server, create);
    assert_eq!((status, &body["code"]), (409, &json!("name_taken")));

    let (body, status) = curl(
        &server,
        r"curl -sS -w '\n%{http_code}' http://localhost:8080/api/projects/list",
    );
    assert_eq!(
        (status, body),
        (200, json!({"projects": ["TestCharacter"]}))
    );
}

#[test]
fn the_python_client_creates_lists_and_renames() {
    let home = tempfile::tempdir().expect("a directory");
    let server = Server::start(home.path());
    let python = std::env::var_os("PODSLATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let script = tests().join("guide/pod_client.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&server.url)
        .output()
        .expect("Python runs");
    let root = home.path().canonicalize().expect("a path");
    assert_eq!(
        text(&output),
        format!(
            "Created: {}\n{{'projects': ['MyCharacter']}}\nProject renamed to Hero\n\
             {{'projects': ['Hero']}}\n400\n",
            root.join("MyCharacter").display()
        )
    );
    assert_is_reference(&root.join("Hero"));
}

#[test]
fn the_programs_own_commands_in_an_independent_runtime() {
    let home = tempfile::tempdir().expect("a directory");
    let run = |line: &str| {
        let node = std::env::var_os("PODSLATE_TEST_NODE").unwrap_or_else(|| "node".into());
        let script = tests().join("../../worker/tests/node-wasi.mjs");
        let program = artifacts().join("project-init.wasm");
        let runtime = format!("{:?} --no-warnings {script:?} {program:?} .", node);
        let line = line.replace("python pipeline/project_init.py", &runtime);
        let output = Command::new("sh")
            .args(["-ec", &line])
            .current_dir(home.path())
            .output();
        text(&output.expect("the shell runs"))
    };

    // Strategy 1
    run("python pipeline/project_init.py --project TestCharacter");
    assert_is_reference(&home.path().join("TestCharacter"));
    fs::rename(
        home.path().join("TestCharacter"),
        home.path().join("Mounted"),
    )
    .expect("a rename");

    // Strategy 2
    run("export PROJECT_NAME=\"TestCharacter\"\npython pipeline/project_init.py --from-env");
    assert_is_reference(&home.path().join("TestCharacter"));
    fs::remove_dir_all(home.path().join("TestCharacter")).expect("removed");

    // Strategy 3
    run("python pipeline/project_init.py --project Exhibition");
    run("python pipeline/project_init.py --rename Exhibition TestCharacter");
    assert_is_reference(&home.path().join("TestCharacter"));
    assert!(!home.path().join("Exhibition").exists());
}

/// Runs a line of shell with the server's port in place of 8080; the answer's body and status.
fn curl(server: &Server, line: &str) -> (Value, u16) {
    let line = line.replace(
        "localhost:8080",
        &format!("localhost:{}", server::port_of(&server.url)),
    );
    let output = Command::new("sh")
        .args(["-c", &line])
        .output()
        .expect("the shell runs");
    let text = text(&output);
    let (body, status) = text.rsplit_once('\n').expect("a body and a status");
    (
        serde_json::from_str(body).expect("JSON"),
        status.parse().expect("a number"),
    )
}

/// The project is the reference: its folders, and its configuration byte for byte.
fn assert_is_reference(project: &Path) {
    let reference = fs::read_to_string(tests().join("../../shared/layouts/character-project.json"));
    let reference: Value = serde_json::from_str(&reference.expect("a file")).expect("JSON");
    let mut leaves = Vec::new();
    let mut files = Vec::new();
    walk(project, project, &mut leaves, &mut files);
    leaves.sort();
    // The only folder with a file in it is not a leaf.
    assert_eq!(json!(leaves), reference["directories"]);
    assert_eq!(files, ["pipeline/config.json"]);

    let mut config = reference["files"]["pipeline/config.json"].clone();
    config["project_name"] = json!(project.file_name().expect("a name").to_string_lossy());
    let expected = serde_json::to_string_pretty(&config).expect("JSON");
    let found = fs::read_to_string(project.join("pipeline/config.json")).expect("a file");
    assert_eq!(found, expected);
}

fn walk(root: &Path, folder: &Path, leaves: &mut Vec<String>, files: &mut Vec<String>) {
    let relative = |path: &Path| {
        let path = path
            .strip_prefix(root)
            .expect("below")
            .to_str()
            .expect("Unicode");
        path.replace('\\', "/")
    };
    let mut is_leaf = true;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            is_leaf = false;
            walk(root, &path, leaves, files);
        } else {
            files.push(relative(&path));
        }
    }
    if is_leaf {
        leaves.push(relative(folder));
    }
}

fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).expect("Unicode")
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn artifacts() -> PathBuf {
    let given = std::env::var_os("PODSLATE_ARTIFACTS").map(PathBuf::from);
    given.unwrap_or_else(|| tests().join("../../target/artifacts"))
}
