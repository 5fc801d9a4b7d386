//! Tests of creating a project.

use std::fs;

use podslate_shared::ProjectName;
use podslate_shared::layout::CHARACTER;
use thirtyfour::prelude::*;

use super::bench::{Bench, row};

#[tokio::test]
async fn entering_a_name_creates_the_project() {
    let bench = Bench::start().await;
    bench.find("[data-testid=empty-state]").await;
    bench.fill("[data-testid=create-name]", "MyCharacter").await;
    bench
        .shows("[data-testid=create-path]", "MyCharacter")
        .await;
    assert!(
        bench.on_disk().is_empty(),
        "nothing is created before the form is submitted"
    );

    bench.press(Key::Enter + "").await;
    bench.find(&row("MyCharacter")).await;
    bench.shows("[data-testid=toast]", "MyCharacter").await;
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
    let name = ProjectName::parse("MyCharacter").expect("a valid name");
    assert_eq!(config, CHARACTER.files[0].render(&name));
    bench.close().await;
}

#[tokio::test]
async fn a_taken_name_is_reported_while_typing_and_stays_in_the_field() {
    let bench = Bench::start().await;
    bench.create("Robot").await;
    let config = bench.workspace.join("Robot/pipeline/config.json");
    fs::write(&config, "{\"project_name\": \"Robot\", \"mine\": 1}").expect("a file");

    bench.fill("[data-testid=create-name]", "Robot").await;
    bench
        .shows("[data-testid=create-error]", "already exists")
        .await;
    bench.press(Key::Enter + "").await;
    bench
        .shows("[data-testid=create-error]", "already exists")
        .await;
    assert_eq!(bench.value("[data-testid=create-name]").await, "Robot");
    assert_eq!(bench.on_disk(), ["Robot"]);
    let content = fs::read_to_string(&config).expect("a file");
    assert_eq!(content, "{\"project_name\": \"Robot\", \"mine\": 1}");

    bench.fill("[data-testid=create-name]", "robot").await;
    bench.shows("[data-testid=create-error]", "differs").await;
    bench.press(Key::Enter + "").await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    bench.create("Robot2").await;
    assert_eq!(bench.on_disk(), ["Robot", "Robot2"]);
    bench.close().await;
}

#[tokio::test]
async fn an_invalid_name_is_explained_while_typing() {
    let bench = Bench::start().await;
    for (typed, explanation) in [
        ("My Robot", "a space"),
        ("../etc", "may not contain ."),
        ("con", "device name"),
        ("a", "too short"),
        ("a:b", "may not contain :"),
    ] {
        bench.fill("[data-testid=create-name]", typed).await;
        bench.shows("[data-testid=create-error]", explanation).await;
        bench.press(Key::Enter + "").await;
        assert_eq!(bench.value("[data-testid=create-name]").await, typed);
        assert!(bench.on_disk().is_empty(), "{typed}");
    }
    bench.create("My_Robot").await;
    assert_eq!(bench.on_disk(), ["My_Robot"]);
    bench.close().await;
}

#[tokio::test]
async fn the_tree_shows_the_project_before_it_is_created() {
    let bench = Bench::start().await;
    bench.fill("[data-testid=create-name]", "Robot").await;
    bench
        .find("[data-testid=tree] summary")
        .await
        .click()
        .await
        .expect("a click");
    bench.shows("[data-testid=tree]", "comfyui_workflows").await;
    bench.shows("[data-testid=tree]", "Robot").await;
    assert!(bench.on_disk().is_empty());
    bench.close().await;
}
