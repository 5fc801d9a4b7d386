//! The layout and the table of errors, as data.

use std::collections::{BTreeSet, HashSet};

use podslate_shared::error::{CODES, ErrorBody, ErrorCode};
use podslate_shared::layout::{
    CHARACTER, CONFIG_FILE, CONFIG_FOLDER, CONFIG_NAME_KEY, CONFIG_PATH, STAGES,
};
use podslate_shared::{Done, ProjectName, Report};
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

#[test]
fn every_code_is_spelled_as_its_row_says() {
    let slugs: HashSet<&str> = CODES.iter().map(|info| info.slug).collect();
    assert_eq!(slugs.len(), CODES.len());
    for info in CODES {
        assert_eq!(serde_json::to_value(info.code).unwrap(), info.slug);
        assert_eq!(info.code.info().slug, info.slug);
        assert!(
            (400..600).contains(&info.http) && (1..=2).contains(&info.exit),
            "{}",
            info.slug
        );
        let refused = info.http < 500 && info.code != ErrorCode::Usage;
        assert_eq!(info.exit == 1, refused, "{}", info.slug);
        assert!(info.sentence.ends_with('.'), "{}", info.slug);
    }
}

#[test]
fn an_error_has_the_form_of_the_contract() {
    let report = Report::Error(ErrorBody::new(ErrorCode::NameTaken, "Robot"));
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "status": "error",
            "code": "name_taken",
            "error": "`Robot` already exists in the workspace.",
            "message": "`Robot` already exists in the workspace.",
            "hint": "Choose another name; what exists was not changed.",
        })
    );
    let broken = ProjectName::parse("My Robot").unwrap_err();
    let report = serde_json::to_value(Report::Error(ErrorBody::name("My Robot", &broken))).unwrap();
    assert_eq!(report["code"], "name_invalid");
    assert_eq!(report["rule"], "bad_character");
    assert_eq!(report["suggestion"], "My_Robot");
}

#[test]
fn a_report_round_trips() {
    let done = Report::Success(Done::Listed {
        projects: vec!["A1".into()],
        count: 1,
    });
    let json = serde_json::to_string(&done).unwrap();
    assert_eq!(
        json,
        r#"{"status":"success","action":"listed","projects":["A1"],"count":1}"#
    );
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), done);
}
