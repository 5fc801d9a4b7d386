//! The commands of a workstation and their answers, the same on every kind of workstation.

use std::path::Path;

use serde_json::Value;

use crate::pods::workstation::{Workstation, names};
use crate::program::is_project;

/// Words of a command, its exit code, members of its answer, and the projects that are there then.
type Step = (
    &'static [&'static str],
    i32,
    &'static str,
    &'static [&'static str],
);

const STEPS: [Step; 21] = [
    (&["pods"], 0, r#"{"pods": [], "count": 0}"#, &[]),
    (&["stop"], 1, r#"{"code": "no_pod_running"}"#, &[]),
    (
        &["new", "Robot"],
        0,
        r#"{"via": "start", "action": "created", "project_name": "Robot"}"#,
        &["Robot"],
    ),
    (
        &["new", "Robot"],
        0,
        r#"{"via": "start", "action": "completed", "added": []}"#,
        &["Robot"],
    ),
    (
        &["new", "Twin"],
        0,
        r#"{"via": "api", "action": "created"}"#,
        &["Robot", "Twin"],
    ),
    (
        &["new", "Twin"],
        1,
        r#"{"code": "name_taken"}"#,
        &["Robot", "Twin"],
    ),
    (
        &["new", "robot", "--via", "api"],
        1,
        r#"{"code": "case_conflict"}"#,
        &["Robot", "Twin"],
    ),
    (
        &["new", "My Robot"],
        1,
        r#"{"code": "invalid_name"}"#,
        &["Robot", "Twin"],
    ),
    (
        &["new", "CON"],
        1,
        r#"{"code": "invalid_name"}"#,
        &["Robot", "Twin"],
    ),
    (
        &["list"],
        0,
        r#"{"projects": ["Robot", "Twin"], "count": 2}"#,
        &["Robot", "Twin"],
    ),
    (
        &["rename", "Robot", "Hero"],
        0,
        r#"{"action": "renamed", "project_name": "Hero"}"#,
        &["Hero", "Twin"],
    ),
    (
        &["rename", "Hero", "twin"],
        1,
        r#"{"code": "case_conflict"}"#,
        &["Hero", "Twin"],
    ),
    (
        &["rename", "Missing", "Other"],
        1,
        r#"{"code": "not_found"}"#,
        &["Hero", "Twin"],
    ),
    (
        &["list"],
        0,
        r#"{"projects": ["Hero", "Twin"]}"#,
        &["Hero", "Twin"],
    ),
    (
        &["mount", "Hero", "--host-path", r"E:\3D in", "--read-only"],
        0,
        r#"{"arguments": ["--mount",
            "type=bind,source=E:\\3D in\\Hero,target=/workspace/Hero,readonly"]}"#,
        &["Hero", "Twin"],
    ),
    (
        &["mount", "Missing", "--workspace", "workspace"],
        1,
        r#"{"code": "not_found"}"#,
        &["Hero", "Twin"],
    ),
    (
        &["pods"],
        0,
        r#"{"count": 1, "pods": [{"name": "podslate-Robot", "project": "Hero", "state": "running"}]}"#,
        &["Hero", "Twin"],
    ),
    (
        &["stop", "Missing"],
        1,
        r#"{"code": "pod_not_found"}"#,
        &["Hero", "Twin"],
    ),
    (
        &["stop", "Hero"],
        0,
        r#"{"was_stopped": false, "pod": {"name": "podslate-Robot"}}"#,
        &["Hero", "Twin"],
    ),
    (
        &["pods"],
        0,
        r#"{"count": 1, "pods": [{"name": "podslate-Robot", "state": "stopped"}]}"#,
        &["Hero", "Twin"],
    ),
    (
        &["stop", "podslate-Robot"],
        0,
        r#"{"was_stopped": true}"#,
        &["Hero", "Twin"],
    ),
];

/// Runs all commands on a workstation whose settings name a provider and no workspace; `check` looks
/// at each project on the disk.
pub fn run(machine: &Workstation, check: impl Fn(&Path)) {
    let workspace = machine.path("workspace");
    for (words, code, answer, projects) in STEPS {
        let expected: Value = serde_json::from_str(answer).expect("JSON");
        let (actual_code, actual) = machine.json(words);
        assert_eq!(actual_code, code, "{words:?}: {actual}");
        assert!(contains(&actual, &expected), "{words:?}: {actual}");
        assert_eq!(names(&workspace), projects, "{words:?}");
        for project in projects {
            let project = workspace.join(project);
            assert!(is_project(&project), "{words:?}: {}", project.display());
            check(&project);
        }
    }
}

/// Whether a value has all members of another one.
fn contains(value: &Value, members: &Value) -> bool {
    match (value, members) {
        (Value::Object(object), Value::Object(members)) => members
            .iter()
            .all(|(key, member)| object.get(key).is_some_and(|value| contains(value, member))),
        (Value::Array(values), Value::Array(members)) => {
            values.len() == members.len()
                && values
                    .iter()
                    .zip(members)
                    .all(|(value, member)| contains(value, member))
        }
        _ => value == members,
    }
}
