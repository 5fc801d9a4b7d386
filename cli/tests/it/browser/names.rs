//! Tests of suggested names, and of text that is pasted or composed.

use std::fs;

use serde_json::json;
use thirtyfour::prelude::*;

use super::bench::{Bench, row};

const FIELD: &str = "[data-testid=create-name]";
const SUGGESTION: &str = "[data-testid=suggestion]";

#[tokio::test]
async fn a_suggestion_is_readable_and_free() {
    let bench = Bench::start().await;
    fs::create_dir(bench.workspace.join("My_Robot")).expect("a folder");
    fs::create_dir(bench.workspace.join("my_robot_2")).expect("a folder");
    bench.create("Robot").await;
    for (typed, suggestion) in [
        ("Ünïcodé", "Use Unicode"),
        ("Straße", "Use Strasse"),
        ("Робот", "Use Robot_2"),
        ("My Robot", "Use My_Robot_3"),
        ("Robot", "Use Robot_2"),
        ("rObot", "Use rObot_2"),
    ] {
        bench.fill(FIELD, typed).await;
        bench.shows(SUGGESTION, suggestion).await;
    }
    bench.click(SUGGESTION).await;
    assert_eq!(bench.value(FIELD).await, "rObot_2");
    bench.shows("[data-testid=create-path]", "available").await;
    bench.press_enter().await;
    bench.find(&row("rObot_2")).await;

    bench
        .click(&format!("{} [data-testid=rename-start]", row("rObot_2")))
        .await;
    bench.fill("[data-testid=rename-input]", "Robot").await;
    bench.shows(SUGGESTION, "Use Robot_3").await;
    assert_eq!(
        bench.on_disk(),
        ["My_Robot", "Robot", "my_robot_2", "rObot_2"]
    );
    bench.close().await;
}

#[tokio::test]
async fn spaces_around_a_pasted_name_do_not_count() {
    let bench = Bench::start().await;
    let copy = "const area = document.createElement('textarea'); area.id = 'source'; \
                area.value = '\\u00a0 Hero\\u200b \\n'; document.body.append(area); \
                area.select(); return 0";
    let _: u32 = bench.eval(copy).await;
    bench.press(Key::Control + "c").await;
    let _: u32 = bench
        .eval("document.getElementById('source').remove(); return 0")
        .await;
    bench.click(FIELD).await;
    bench.press(Key::Control + "v").await;
    bench.shows("[data-testid=create-path]", "available").await;
    assert_eq!(bench.value(FIELD).await, "Hero");
    bench.press_enter().await;
    bench.find(&row("Hero")).await;

    bench.fill(FIELD, " Villain ").await;
    bench.press_enter().await;
    bench.find(&row("Villain")).await;
    // A space within is a mistake.
    bench.fill(FIELD, "My Villain").await;
    bench.shows("[data-testid=create-error]", "a space").await;
    assert_eq!(bench.on_disk(), ["Hero", "Villain"]);
    bench.close().await;
}

#[tokio::test]
async fn a_composition_is_judged_when_it_ends() {
    let bench = Bench::start().await;
    bench.click(FIELD).await;
    let composed = json!({"text": "にほん", "selectionStart": 3, "selectionEnd": 3});
    bench.send("Input.imeSetComposition", composed).await;
    assert_eq!(bench.value(FIELD).await, "にほん");
    let field = bench.find(FIELD).await;
    let invalid = field.attr("aria-invalid").await.expect("an attribute");
    assert_eq!(invalid.as_deref(), Some("false"));
    bench.gone("[data-testid=create-error]").await;

    bench
        .send("Input.insertText", json!({"text": "日本"}))
        .await;
    bench.shows("[data-testid=create-error]", "日").await;
    let field = bench.find(FIELD).await;
    let invalid = field.attr("aria-invalid").await.expect("an attribute");
    assert_eq!(invalid.as_deref(), Some("true"));
    bench.close().await;
}
