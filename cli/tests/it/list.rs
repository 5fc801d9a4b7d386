//! Warnings of `podslate list`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{podslate, serve, stdout};

fn make(workspace: &Path, name: &str, config: Option<&str>) {
    fs::create_dir_all(workspace.join(name).join("0_input")).unwrap();
    fs::create_dir_all(workspace.join(name).join("pipeline")).unwrap();
    if let Some(config) = config {
        fs::write(workspace.join(name).join("pipeline/config.json"), config).unwrap();
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "one workspace, seen in four ways")]
fn problems_of_projects_are_shown_in_words_and_json() {
    let home = tempfile::tempdir().unwrap();
    let config = |name: &str| json!({"project_name": name}).to_string();
    make(home.path(), "Well", Some(&config("Well")));
    make(home.path(), "Hero copy", Some(&config("Hero copy")));
    make(home.path(), "Missing", None);
    make(home.path(), "Broken", Some("{\n  \"a\": NaN}"));
    // Not a valid name, which the server would replace.
    make(home.path(), "Renamed", Some(&config("Other name")));
    let expected = [
        ("Broken", "config_invalid"),
        ("Hero copy", "name_invalid"),
        ("Missing", "config_missing"),
        ("Renamed", "config_name_differs"),
    ];
    let server = serve(home.path());
    let pod = ["--pod", &*server.url];
    let places: [&[&str]; 2] = [&[], &pod];
    for place in places {
        let json = || {
            let mut list = podslate(home.path(), &[&["list", "--json"][..], place].concat());
            serde_json::from_str::<Value>(&stdout(&mut list)).unwrap()
        };
        let counted = testing::wait_for(testing::PATIENCE, || {
            Some(json()).filter(|list| list.get("unchecked").is_none())
        });
        let list = counted.expect("the projects are counted");
        let names = json!(["Broken", "Hero copy", "Missing", "Renamed", "Well"]);
        assert_eq!(list["projects"], names);
        let warnings = list["warnings"].as_array().unwrap().iter();
        let found: Vec<_> = warnings
            .map(|row| {
                let kinds = row["warnings"].as_array().unwrap();
                assert_eq!(kinds.len(), 1, "{row}");
                (
                    row["project_name"].as_str().unwrap(),
                    kinds[0].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, expected);
        let problem = &list["warnings"][0]["config_problem"];
        assert_eq!(
            (&problem["line"], &problem["column"]),
            (&json!(2), &json!(8))
        );

        let mut words = podslate(home.path(), &[&["list"][..], place].concat());
        let output = words.output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown, "Broken\nHero copy\nMissing\nRenamed\nWell\n");
        let notes = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = notes.lines().collect();
        assert_eq!(lines.len(), 4, "{notes}");
        for (line, (name, _)) in lines.iter().zip(expected) {
            assert!(
                line.starts_with(&format!("warning: `{name}`: The ")),
                "{line}"
            );
        }
        assert!(lines[0].contains("line 2"), "{}", lines[0]);
    }
}
