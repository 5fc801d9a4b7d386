//! The project of a start, named or default.

use std::fs;

use serde_json::{Value, json};

use super::pod::{Pod, podslate, run};
use crate::program;

#[test]
fn the_named_project_is_created_and_survives_a_killed_pod() {
    let home = tempfile::tempdir().expect("a directory");
    let env = [("PROJECT_NAME", "MyCharacter")];
    let pod = Pod::start(home.path(), &env, "");
    assert_eq!(pod.names(), json!(["MyCharacter"]));
    let mesh = home.path().join("MyCharacter/0_input/meshes/a.fbx");
    fs::write(&mesh, "mesh").expect("a file");
    fs::remove_dir(home.path().join("MyCharacter/4_export/usd")).expect("a directory");
    let config = home.path().join("MyCharacter/pipeline/config.json");
    fs::write(&config, "{\"mine\": 1}").expect("a file");

    drop(pod); // by kill -9
    let pod = Pod::start(home.path(), &env, "");
    assert_eq!(pod.names(), json!(["MyCharacter"]));
    assert_eq!(fs::read_to_string(&mesh).expect("a file"), "mesh");
    assert_eq!(
        fs::read_to_string(&config).expect("a file"),
        "{\"mine\": 1}"
    );
    assert!(home.path().join("MyCharacter/4_export/usd").is_dir());
}

#[test]
fn a_bad_name_stops_the_start_before_anything_is_written() {
    let home = tempfile::tempdir().expect("a directory");
    let workspace = home.path().join("workspace");
    let long = "a".repeat(300);
    for name in [
        "My Robot", "a/b", "a\\b", "a'b", "a\"b", "a\nb", "..", "CON", "a", &long,
    ] {
        let env = [("PROJECT_NAME", name)];
        for args in [&["serve", "--port", "0"][..], &["init", "--from-env"]] {
            let output = run(&workspace, args, &env);
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name:?}: {errors}");
            assert!(output.stdout.is_empty(), "{name:?}");
            assert_eq!(errors.matches("error: ").count(), 1, "{errors}");
            assert!(!workspace.exists(), "{name:?}");
        }
    }
    let output = run(
        &workspace,
        &["init", "--from-env"],
        &[("PROJECT_NAME", "Good")],
    );
    assert!(output.status.success());
    assert!(workspace.join("Good/pipeline/config.json").is_file());
}

#[test]
fn a_file_with_the_projects_name_stops_the_start() {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(home.path().join("Robot"), "mine").expect("a file");
    let output = run(
        home.path(),
        &["serve", "--port", "0"],
        &[("PROJECT_NAME", "Robot")],
    );
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("`Robot` exists in the workspace but is not a project"),
        "{errors}"
    );
    assert_eq!(
        fs::read_to_string(home.path().join("Robot")).expect("a file"),
        "mine"
    );
}

#[test]
fn init_reports_what_it_did_as_text_and_as_json() {
    let home = tempfile::tempdir().expect("a directory");
    let env = [("PROJECT_NAME", "Robot")];
    let text = |args: &[&str]| {
        let output = run(home.path(), args, &env);
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("Unicode")
    };
    assert!(text(&["init", "--from-env"]).starts_with("Created project Robot in "));
    assert!(text(&["init", "--from-env"]).ends_with(" is complete.\n"));
    fs::remove_dir(home.path().join("Robot/config")).expect("a directory");
    let report = text(&["init", "--from-env", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["action"], "completed");
    assert_eq!(report["added"], json!(["config"]));
    let renamed = run(home.path(), &["rename", "Robot", "Hero"], &[]);
    assert_eq!(renamed.status.code(), Some(0));
    let followed = run(
        home.path(),
        &["init", "--from-env"],
        &[("PROJECT_NAME", "Robot")],
    );
    assert!(String::from_utf8_lossy(&followed.stdout).starts_with("Project Hero in "));
    assert!(String::from_utf8_lossy(&followed.stderr).contains("`Robot` was renamed to `Hero`"));
    assert_eq!(testing::names(home.path()).expect("names"), ["Hero"]);

    let missing = run(home.path(), &["init", "--from-env"], &[]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn empty_variables_count_as_unset() {
    let home = tempfile::tempdir().expect("a directory");
    let names = [
        "DEFAULT_PROJECT",
        "HOST",
        "PORT",
        "PUBLIC_HOST",
        "ALLOW_ORIGIN",
        "LOG_FORMAT",
    ];
    let names = names.map(|name| format!("PODSLATE_{name}"));
    let env: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let pod = Pod::start(
        home.path(),
        &[&env[..], &[("PROJECT_NAME", "")]].concat(),
        "",
    );
    assert_eq!(pod.names(), json!([]));
}

#[test]
fn the_default_project_is_only_created_in_an_empty_workspace() {
    let home = tempfile::tempdir().expect("a directory");
    let env = [("PODSLATE_DEFAULT_PROJECT", "Exhibition")];
    let pod = Pod::start(home.path(), &[], "");
    assert_eq!(pod.names(), json!([]));
    drop(pod);
    let pod = Pod::start(home.path(), &env, "");
    assert_eq!(pod.names(), json!(["Exhibition"]));
    drop(pod);
    fs::rename(home.path().join("Exhibition"), home.path().join("Robot")).expect("a rename");
    let pod = Pod::start(home.path(), &env, "");
    assert_eq!(pod.names(), json!(["Robot"]));

    let bad = [("PODSLATE_DEFAULT_PROJECT", "a b")];
    let output = podslate(home.path(), &["serve", "--port", "0"], &bad).output();
    assert_eq!(output.expect("podslate runs").status.code(), Some(1));
}

#[test]
fn a_pristine_default_project_is_renamed_on_request() {
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(
        home.path(),
        &[("PODSLATE_DEFAULT_PROJECT", "Exhibition")],
        "",
    );
    assert_eq!(pod.get("/api/names/Hero")["adoptable"], "Exhibition");
    assert_eq!(pod.get("/api/names/a%20b").get("adoptable"), None);

    let mine = home.path().join("Exhibition/0_input/mine.txt");
    fs::write(&mine, "").expect("a file");
    assert_eq!(pod.get("/api/names/Hero").get("adoptable"), None);
    fs::remove_file(&mine).expect("a file");

    let body = json!({"project_name": "Hero", "adopt_default": true});
    let (status, answer) = pod.post("/api/projects/create", body);
    assert_eq!((status, &answer["project_name"]), (201, &json!("Hero")));
    assert_eq!(pod.names(), json!(["Hero"]));
    let config = fs::read_to_string(home.path().join("Hero/pipeline/config.json"));
    assert!(
        config
            .expect("a file")
            .contains("\"project_name\": \"Hero\"")
    );

    // Without a pristine default project the option changes nothing.
    let body = json!({"project_name": "Second", "adopt_default": true});
    assert_eq!(pod.post("/api/projects/create", body).0, 201);
    assert_eq!(pod.names(), json!(["Hero", "Second"]));
}

/// What a request to rename the default project `Exhibition` returns when it was not renamed.
fn refusal(pod: &Pod, name: &str) -> Value {
    let body = json!({"project_name": name, "adopt_default": true});
    let (status, answer) = pod.post("/api/projects/create", body);
    let message = answer["message"].as_str().expect("a sentence");
    assert_eq!((status, &answer["project_name"]), (201, &json!(name)));
    let created = format!("Created project {name} in ");
    assert!(message.starts_with(&created), "{message}");
    let sentences = message.split_once(". ").map(|(_, sentence)| sentence);
    json!([answer["default_kept"]["reason"], sentences])
}

#[test]
fn a_default_project_that_stays_is_named_with_the_reason() {
    let env = [("PODSLATE_DEFAULT_PROJECT", "Exhibition")];
    let sentence =
        |reason| format!("The default project Exhibition was not renamed, because {reason}.");
    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &env, "");
    let (status, answer) = pod.post("/api/projects/create", json!({"project_name": "Alpha"}));
    assert_eq!((status, answer.get("default_kept")), (201, None));
    let expected = json!(["not_alone", sentence("there are other projects")]);
    assert_eq!(refusal(&pod, "Hero"), expected);
    drop(pod);

    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &env, "");
    fs::write(home.path().join("Exhibition/mine.txt"), "").expect("a file");
    let expected = json!(["changed", sentence("it is no longer as it was created")]);
    assert_eq!(refusal(&pod, "Hero"), expected);
    fs::rename(home.path().join("Exhibition"), home.path().join("Mine")).expect("a rename");
    let none = "There is no default project Exhibition to rename.";
    assert_eq!(refusal(&pod, "Second"), json!(["missing", none]));
    drop(pod);

    let home = tempfile::tempdir().expect("a directory");
    let pod = Pod::start(home.path(), &env, "exec sleep 60");
    pod.wait_until("running");
    let expected = json!(["in_use", sentence("it is in use")]);
    assert_eq!(refusal(&pod, "Hero"), expected);
    assert_eq!(pod.names(), json!(["Exhibition", "Hero"]));
}

/// The command line passes the reason on.
#[test]
fn podslate_new_says_why_the_default_project_stays() {
    let home = tempfile::tempdir().expect("a directory");
    let env = [("PODSLATE_DEFAULT_PROJECT", "Exhibition")];
    let pod = Pod::start(home.path(), &env, "");
    fs::write(home.path().join("Exhibition/mine.txt"), "").expect("a file");
    let here = tempfile::tempdir().expect("a directory");
    let args = ["new", "Hero", "--adopt-default", "--pod", &pod.server.url];
    let mut new = program::podslate(here.path(), &args);
    let shown = program::stdout(&mut new);
    let reason = "The default project Exhibition was not renamed, because it is no longer as it was \
                  created.\n";
    assert!(shown.ends_with(reason), "{shown}");
}
