//! The folders that pods mount.

use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use super::Docker;
use crate::pods::workstation::names;
use crate::program::is_project;

/// Root gets a pod for the folder of another user, in which that user can work on.
#[test]
fn a_pod_writes_as_the_owner_of_the_workspace() {
    let Some(docker) = Docker::take("docker::folders::a_pod_writes_as_the_owner_of_the_workspace")
    else {
        return;
    };
    let machine = docker.machine("podslate");
    let workspace = machine.path("workspace");
    std::fs::create_dir(&workspace).expect("a directory");
    std::os::unix::fs::chown(&workspace, Some(1001), Some(1002)).expect("an owner");
    assert_eq!(machine.json(&["new", "Robot"]).1["via"], "start");
    let project = workspace.join("Robot").metadata().expect("a project");
    assert_eq!((project.uid(), project.gid()), (1001, 1002));
}

#[test]
fn a_folder_of_any_name_is_mounted() {
    let Some(docker) = Docker::take("docker::folders::a_folder_of_any_name_is_mounted") else {
        return;
    };
    let names_of_folders = [
        "3D in",
        "it's, \"so\" 'called'",
        "a:b,c=d",
        "$HOME `x` %y% !z",
        "モデル – Ängel",
        " spaces at the ends ",
        "-v",
    ];
    for folder in names_of_folders {
        let machine = docker.workstation();
        let dir = machine.path(folder);
        let text = toml_string(&format!("./{folder}"));
        machine.settings(&format!(
            "[docker]\nimage = \"podslate\"\nworkspace = {text}"
        ));
        let (code, answer) = machine.json(&["new", "Robot"]);
        assert_eq!(
            (code, &answer["via"]),
            (0, &json!("start")),
            "{folder}: {answer}"
        );
        assert!(is_project(&dir.join("Robot")), "{folder}");
        assert_eq!(names(&dir), ["Robot"], "{folder}");

        let workspace = dir.to_str().expect("Unicode");
        let (_, mount) = machine.json(&["mount", "Robot", "--workspace", workspace]);
        let argument = mount["command"].as_str().expect("an argument");
        let line = format!("docker run --rm {argument} --entrypoint ls podslate /workspace/Robot");
        let output = machine.shell(&line);
        assert!(output.stdout.contains("0_input\n"), "{folder}: {output:?}");
        docker.run(&["rm", "--force", "podslate-Robot"]);
    }
}

/// A basic string of TOML, which has the same escapes as JSON here.
fn toml_string(text: &str) -> String {
    Value::from(text).to_string()
}
