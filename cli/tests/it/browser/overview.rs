//! Tests of the list: search, order, and changes by other programs.

use std::fs;

use thirtyfour::prelude::*;

use super::bench::{Bench, row};

#[tokio::test]
async fn the_search_narrows_the_list() {
    let bench = Bench::start().await;
    for name in ["Alpha", "Beta", "Alphabet"] {
        bench.create(name).await;
    }
    blur(&bench).await;
    bench.press("/").await;
    bench.press("alpha").await;
    bench.gone(&row("Beta")).await;
    assert_eq!(bench.rows().await, ["Alpha", "Alphabet"]);

    bench.fill("[data-testid=search]", "nothing").await;
    bench.find("[data-testid=no-match]").await;
    bench.press(Key::Escape + "").await;
    bench.find(&row("Beta")).await;
    assert_eq!(bench.rows().await.len(), 3);
    assert_eq!(bench.on_disk(), ["Alpha", "Alphabet", "Beta"]);
    bench.close().await;
}

#[tokio::test]
async fn a_reload_shows_the_same_list() {
    let bench = Bench::start().await;
    bench.create("Robot").await;
    bench.create("Statue").await;
    let before = bench.rows().await;
    bench.page.refresh().await.expect("a reload");
    bench.find(&row("Robot")).await;
    bench.find(&row("Statue")).await;
    assert_eq!(bench.rows().await, before);
    bench.close().await;
}

#[tokio::test]
async fn changes_by_other_programs_appear() {
    let bench = Bench::start().await;
    bench.create("Robot").await;
    let stage = format!("{} [data-stage='0_input']", row("Robot"));
    let filled = async |expected: &str| {
        let state = bench.find(&stage).await.attr("data-filled").await;
        state.ok().flatten().as_deref() == Some(expected)
    };
    assert!(filled("false").await);

    let mesh = bench.workspace.join("Robot/0_input/meshes/robot.fbx");
    fs::write(&mesh, "mesh").expect("a file");
    bench.until("the stage is filled", || filled("true")).await;
    fs::remove_file(&mesh).expect("a file");
    bench.until("the stage is empty", || filled("false")).await;

    fs::rename(
        bench.workspace.join("Robot"),
        bench.workspace.join("Statue"),
    )
    .expect("a rename");
    bench.find(&row("Statue")).await;
    bench.gone(&row("Robot")).await;
    bench.close().await;
}

#[tokio::test]
async fn a_second_tab_shows_what_the_first_tab_creates() {
    let bench = Bench::start().await;
    let first = bench.page.window().await.expect("a window");
    let second = bench.page.new_tab().await.expect("a tab");
    bench
        .page
        .switch_to_window(second.clone())
        .await
        .expect("a switch");
    bench.open().await;
    bench.page.switch_to_window(first).await.expect("a switch");
    bench.create("Robot").await;
    bench.page.switch_to_window(second).await.expect("a switch");
    bench.find(&row("Robot")).await;
    assert_eq!(bench.on_disk(), ["Robot"]);
    bench.close().await;
}

async fn blur(bench: &Bench) {
    bench
        .page
        .execute("document.activeElement.blur()", vec![])
        .await
        .expect("the script runs");
}
