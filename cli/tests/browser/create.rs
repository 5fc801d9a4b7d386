//! Creating a project.

use std::fs;

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;
use thirtyfour::prelude::*;

use crate::harness::{Bench, row};

#[tokio::test]
async fn a_name_becomes_a_folder() {
    let bench = Bench::start().await;
    bench.find("[data-testid=empty-state]").await;
    bench.fill("[data-testid=create-name]", "MyCharacter").await;
    bench.says("[data-testid=create-path]", "MyCharacter").await;
    assert!(
        bench.on_disk().is_empty(),
        "nothing is made before the person says so"
    );

    bench.press(Key::Enter + "").await;
    bench.find(&row("MyCharacter")).await;
    bench.says("[data-testid=toast]", "MyCharacter").await;
    bench.gone("[data-testid=empty-state]").await;

    assert_eq!(bench.on_disk(), ["MyCharacter"]);
    let project = bench.workspace.join("MyCharacter");
    assert!(
        CHARACTER
            .directories
            .iter()
            .all(|folder| project.join(folder).is_dir())
    );
    let config = fs::read_to_string(project.join("pipeline/config.json")).expect("a configuration");
    let name = ProjectName::parse("MyCharacter").expect("a good name");
    assert_eq!(config, CHARACTER.files[0].render(&name));
    bench.end().await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_while_typing_and_kept() {
    let bench = Bench::start().await;
    bench.create("Robot").await;
    let config = bench.workspace.join("Robot/pipeline/config.json");
    fs::write(&config, "{\"project_name\": \"Robot\", \"mine\": 1}").expect("a file");

    bench.fill("[data-testid=create-name]", "Robot").await;
    bench
        .says("[data-testid=create-error]", "already exists")
        .await;
    bench.press(Key::Enter + "").await;
    bench
        .says("[data-testid=create-error]", "already exists")
        .await;
    assert_eq!(value(&bench).await, "Robot");
    assert_eq!(bench.on_disk(), ["Robot"]);
    let kept = fs::read_to_string(&config).expect("a file");
    assert_eq!(kept, "{\"project_name\": \"Robot\", \"mine\": 1}");

    bench.fill("[data-testid=create-name]", "robot").await;
    bench.says("[data-testid=create-error]", "differs").await;
    bench.press(Key::Enter + "").await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    bench.create("Robot2").await;
    assert_eq!(bench.on_disk(), ["Robot", "Robot2"]);
    bench.end().await;
}

#[tokio::test]
async fn a_bad_name_is_explained_at_every_key() {
    let bench = Bench::start().await;
    for (typed, said) in [
        ("My Robot", "a space"),
        ("../etc", "may not contain ."),
        ("con", "device name"),
        ("a", "too short"),
        ("a:b", "may not contain :"),
    ] {
        bench.fill("[data-testid=create-name]", typed).await;
        bench.says("[data-testid=create-error]", said).await;
        bench.press(Key::Enter + "").await;
        assert_eq!(value(&bench).await, typed);
        assert!(bench.on_disk().is_empty(), "{typed}");
    }
    bench.create("My_Robot").await;
    assert_eq!(bench.on_disk(), ["My_Robot"]);
    bench.end().await;
}

#[tokio::test]
async fn the_tree_unfolds_before_the_commit() {
    let bench = Bench::start().await;
    bench.fill("[data-testid=create-name]", "Robot").await;
    bench
        .find("[data-testid=tree] summary")
        .await
        .click()
        .await
        .expect("a click");
    bench.says("[data-testid=tree]", "comfyui_workflows").await;
    bench.says("[data-testid=tree]", "Robot").await;
    assert!(bench.on_disk().is_empty());
    bench.end().await;
}

async fn value(bench: &Bench) -> String {
    let field = bench.find("[data-testid=create-name]").await;
    field
        .prop("value")
        .await
        .expect("a property")
        .unwrap_or_default()
}
