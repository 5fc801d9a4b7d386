//! Tests of renaming a project in its row.

use std::fs;

use thirtyfour::prelude::*;

use super::bench::{Bench, row};

#[tokio::test]
async fn a_project_is_renamed_by_keyboard_alone() {
    let bench = Bench::start().await;
    bench.create("Exhibition").await;
    fs::write(
        bench.workspace.join("Exhibition/0_input/meshes/a.fbx"),
        "mesh",
    )
    .expect("a file");

    focus(&bench, &row("Exhibition")).await;
    bench.press(Key::F2 + "").await;
    bench.focused("[data-testid=rename-input]").await;
    bench.press(Key::Control + "a").await;
    bench.press("Nonsense").await;
    bench.press(Key::Escape + "").await;
    bench.gone("[data-testid=rename-input]").await;
    assert_eq!(bench.on_disk(), ["Exhibition"]);

    focus(&bench, &row("Exhibition")).await;
    bench.press(Key::F2 + "").await;
    bench.focused("[data-testid=rename-input]").await;
    bench.press(Key::Control + "a").await;
    bench.press("MyCharacter").await;
    bench.press(Key::Enter + "").await;
    bench.find(&row("MyCharacter")).await;
    bench.gone(&row("Exhibition")).await;

    assert_eq!(bench.on_disk(), ["MyCharacter"]);
    let project = bench.workspace.join("MyCharacter");
    let config = fs::read_to_string(project.join("pipeline/config.json")).expect("a file");
    assert!(
        config.starts_with("{\n  \"project_name\": \"MyCharacter\",\n"),
        "{config}"
    );
    let mesh = fs::read_to_string(project.join("0_input/meshes/a.fbx")).expect("a file");
    assert_eq!(mesh, "mesh");
    bench.close().await;
}

#[tokio::test]
async fn a_taken_name_changes_nothing_and_stays_in_the_field() {
    let bench = Bench::start().await;
    bench.create("First").await;
    bench.create("Second").await;
    let start = format!("{} [data-testid=rename-start]", row("Second"));
    bench.find(&start).await.click().await.expect("a click");
    bench.fill("[data-testid=rename-input]", "First").await;
    bench
        .shows("[data-testid=rename-error]", "already exists")
        .await;
    bench.press(Key::Enter + "").await;
    bench
        .shows("[data-testid=rename-error]", "already exists")
        .await;
    let field = bench.find("[data-testid=rename-input]").await;
    assert_eq!(
        field.prop("value").await.expect("a property").as_deref(),
        Some("First")
    );
    assert_eq!(bench.on_disk(), ["First", "Second"]);

    bench.fill("[data-testid=rename-input]", "Third").await;
    bench.press(Key::Enter + "").await;
    bench.find(&row("Third")).await;
    assert_eq!(bench.on_disk(), ["First", "Third"]);
    bench.close().await;
}

async fn focus(bench: &Bench, css: &str) {
    let script = "const row = document.querySelector(arguments[0]);\
                  (row.matches('[tabindex]') ? row : row.querySelector('a, button')).focus()";
    bench.find(css).await;
    bench
        .page
        .execute(script, vec![css.into()])
        .await
        .expect("the script runs");
}
