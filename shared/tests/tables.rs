//! The layout, the error codes and the results, against the wire contract.

use std::collections::{BTreeSet, HashSet};

use podslate_shared::layout::{
    CHARACTER, CONFIG_FILE, CONFIG_FOLDER, CONFIG_NAME_KEY, CONFIG_PATH, STAGES,
};
use podslate_shared::{Created, Done, Error, ErrorBody, ErrorCode, ProjectName, Renamed, Report};
use serde_json::{Value, json};

fn reference() -> Value {
    serde_json::from_str(include_str!("../layouts/character-project.json"))
        .expect("the layout is JSON")
}

#[test]
fn the_layout_is_the_reference() {
    let reference = reference();
    let leaves: BTreeSet<&str> = reference["directories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d.as_str().unwrap())
        .collect();
    let has_child = |d: &str| {
        CHARACTER
            .directories
            .iter()
            .any(|o| o.starts_with(&format!("{d}/")))
    };
    let ours: BTreeSet<&str> = CHARACTER
        .directories
        .iter()
        .copied()
        .filter(|d| !has_child(d))
        .collect();
    assert_eq!(ours, leaves);
    assert_eq!(CHARACTER.directories.len(), 32);
    assert!(
        STAGES
            .iter()
            .all(|stage| CHARACTER.directories.contains(&stage.folder))
    );

    let name = ProjectName::parse("MyCharacter").unwrap();
    assert_eq!(CHARACTER.files.len(), 1);
    let text = CHARACTER.files[0].render(&name);
    let mut expected = reference["files"][CHARACTER.files[0].path].clone();
    expected[CONFIG_NAME_KEY] = json!("MyCharacter");
    assert_eq!(CHARACTER.files[0].path, CONFIG_PATH);
    assert_eq!(CONFIG_PATH, format!("{CONFIG_FOLDER}/{CONFIG_FILE}"));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    assert!(text.starts_with("{\n  \"project_name\": \"MyCharacter\",\n  \"clean_fbx\": "));
    assert!(text.contains("\n    \"scale\": 1.0,\n"), "{text}");
}

#[test]
fn parents_come_before_children() {
    let mut seen = HashSet::new();
    for directory in CHARACTER.directories {
        let parent = directory.rsplit_once('/').map(|(parent, _)| parent);
        assert!(parent.is_none_or(|p| seen.contains(p)), "{directory}");
        seen.insert(*directory);
    }
}

/// The wire contract: code, HTTP status, exit code.
const CODES: &str = "
name_invalid 400 1
request_invalid 400 1
usage 400 2
unauthorized 401 1
forbidden 403 1
not_found 404 1
project_not_found 404 1
renamed 404 1
method_not_allowed 405 1
name_taken 409 1
case_twin 409 1
not_a_project 409 1
config_invalid 409 1
busy 409 1
in_use 409 1
mounted 409 1
unsupported 409 1
former_name_ambiguous 409 1
pipeline_missing 409 1
pipeline_without_project 409 1
body_too_large 413 1
unsupported_media_type 415 1
too_many_requests 429 1
internal 500 2
io_failed 500 2
pipeline_failed 500 2
workspace_unavailable 503 2
workspace_read_only 503 2
resources_missing 503 2
timed_out 503 2
disk_full 507 2
";

#[test]
fn codes_match_the_wire_contract() {
    let row = |code: &ErrorCode| {
        let spelling = serde_json::to_value(code).unwrap();
        assert_eq!(spelling, code.as_str());
        assert!(code.summary().ends_with('.'), "{spelling}");
        format!("{} {} {}", code.as_str(), code.status(), code.exit_code())
    };
    let rows: Vec<String> = ErrorCode::ALL.iter().map(row).collect();
    assert_eq!(rows.join("\n"), CODES.trim());
}

#[test]
fn an_error_has_the_form_of_the_contract() {
    let name = ProjectName::parse("Robot").unwrap();
    let report = Report::Error(Error::NameTaken { name }.into());
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "status": "error",
            "code": "name_taken",
            "error": "`Robot` already exists in the workspace.",
            "message": "`Robot` already exists in the workspace.",
            "hint": "Choose another name; the existing entry was not changed.",
        })
    );
    let error = Error::from(ProjectName::parse("My Robot").unwrap_err());
    let report = serde_json::to_value(Report::Error(error.into())).unwrap();
    assert_eq!(report["code"], "name_invalid");
    assert_eq!(report["rule"], "bad_character");
    assert_eq!(report["suggestion"], "My_Robot");
}

#[test]
fn a_reported_error_keeps_its_words() {
    let body = ErrorBody::new(ErrorCode::Busy, "Words of an older server.");
    let error = Error::from(body.clone());
    assert_eq!((error.code(), error.hint()), (ErrorCode::Busy, None));
    assert_eq!(error.to_string(), body.error);
    assert_eq!(ErrorBody::from(error), body);
}

#[test]
fn a_result_has_its_sentence_on_the_wire_and_round_trips() {
    let name = |text| ProjectName::parse(text).unwrap();
    let created = Created {
        project_name: name("Robot"),
        project_path: "./Robot".to_owned(),
    };
    let renamed = Renamed {
        old_name: name("Robot").into(),
        new_name: name("Hero"),
        project_path: "./Hero".to_owned(),
        config_outdated: false,
    };
    for (done, expected) in [
        (
            Done::Created(created),
            r#"{"status":"success","action":"created","project_name":"Robot","project_path":"./Robot","message":"Created project Robot in ./Robot."}"#,
        ),
        (
            Done::Renamed(renamed),
            r#"{"status":"success","action":"renamed","old_name":"Robot","new_name":"Hero","project_path":"./Hero","message":"Renamed project Robot to Hero."}"#,
        ),
        (
            Done::Listed(vec!["A1".to_owned()].into()),
            r#"{"status":"success","action":"listed","projects":["A1"],"count":1}"#,
        ),
    ] {
        let report = Report::Success(done);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}
