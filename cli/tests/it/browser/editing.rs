//! Tests of editing names: what is selected, kept and said, and the keys.

use std::fs;

use thirtyfour::prelude::*;

use super::bench::{Bench, row};

const FIELD: &str = "[data-testid=rename-input]";

#[tokio::test]
async fn the_old_name_is_selected_for_renaming() {
    let bench = Bench::start().await;
    bench.create("Tree").await;
    start(&bench, "Tree").await;
    bench.strike("Hero").await;
    assert_eq!(bench.value(FIELD).await, "Hero");
    bench.strike(Key::Enter + "").await;
    bench.find(&row("Hero")).await;

    // A click on a row focuses it.
    bench.click(&format!("{} h3", row("Hero"))).await;
    bench.strike(Key::F2 + "").await;
    bench.focused(FIELD).await;
    bench.strike("Villain").await;
    assert_eq!(bench.value(FIELD).await, "Villain");
    bench.strike(Key::Enter + "").await;
    bench.find(&row("Villain")).await;
    assert_eq!(bench.on_disk(), ["Villain"]);
    bench.close().await;
}

#[tokio::test]
async fn a_half_typed_name_is_kept_when_another_project_is_renamed() {
    let bench = Bench::start().await;
    for name in ["First", "Second"] {
        bench.create(name).await;
    }
    start(&bench, "First").await;
    bench.strike("Fres").await;
    start(&bench, "Second").await;
    assert_eq!(bench.value(FIELD).await, "Second");
    let draft = format!("{} [data-testid=draft]", row("First"));
    bench.shows(&draft, "Fres").await;

    start(&bench, "First").await;
    assert_eq!(bench.value(FIELD).await, "Fres");
    bench.strike(Key::Enter + "").await;
    bench.find(&row("Fres")).await;
    start(&bench, "Second").await;
    assert_eq!(bench.value(FIELD).await, "Second");

    // Cancelling gives the text up.
    bench.strike("Other").await;
    bench.strike(Key::Escape + "").await;
    start(&bench, "Second").await;
    assert_eq!(bench.value(FIELD).await, "Second");
    bench.gone("[data-testid=draft]").await;
    assert_eq!(bench.on_disk(), ["Fres", "Second"]);
    bench.close().await;
}

#[tokio::test]
async fn a_project_renamed_elsewhere_keeps_the_form_and_says_so() {
    let bench = Bench::start().await;
    for name in ["Anchor", "Robot"] {
        bench.create(name).await;
    }
    start(&bench, "Robot").await;
    bench.strike("Her").await;
    let elsewhere = "fetch('api/projects/Robot/rename', {method: 'POST', \
                     headers: {'content-type': 'application/json'}, \
                     body: JSON.stringify({new_name: 'Statue'})}); return 0";
    let _: u32 = bench.eval(elsewhere).await;
    bench
        .shows(
            "[data-testid=rename-moved]",
            "Robot was renamed to Statue elsewhere.",
        )
        .await;
    bench.gone(&row("Robot")).await;
    assert_eq!(bench.rows().await, ["Anchor", "Statue"]);
    assert_eq!(bench.value(FIELD).await, "Her");
    bench.strike(Key::Escape + "").await;
    bench.gone(FIELD).await;
    let focused = "return document.activeElement.closest('[data-name]')?.dataset.name ?? ''";
    bench
        .until("the row has the focus", || async {
            bench.eval::<String>(focused).await == "Statue"
        })
        .await;

    // And what is typed then renames the project by its new name.
    start(&bench, "Statue").await;
    bench.strike("Hero").await;
    bench.strike(Key::Enter + "").await;
    bench.find(&row("Hero")).await;
    assert_eq!(bench.on_disk(), ["Anchor", "Hero"]);

    start(&bench, "Hero").await;
    fs::remove_dir_all(bench.workspace.join("Hero")).expect("a removal");
    bench.gone(&row("Hero")).await;
    bench.gone(FIELD).await;
    bench
        .shows("[data-testid=toast]", "Hero is no longer in the workspace")
        .await;
    bench.close().await;
}

#[tokio::test]
async fn keys_do_what_the_footer_says() {
    let bench = Bench::start().await;
    bench.find("[data-testid=empty-state]").await;
    assert_eq!(keys(&bench).await, ["Enter", "Esc"]);
    bench.fill("[data-testid=create-name]", "Robot x").await;
    bench.find("[data-testid=create-error]").await;
    bench.strike(Key::Escape + "").await;
    bench.gone("[data-testid=create-error]").await;
    assert_eq!(bench.value("[data-testid=create-name]").await, "");

    bench.create("Robot").await;
    assert_eq!(keys(&bench).await, ["/", "Enter", "F2", "Esc"]);
    // Where `/` is not typed as text, it searches.
    for focused in ["[data-testid=sort]", "[data-testid=copy-path]", "summary"] {
        let focus = format!("document.querySelector('{focused}').focus(); return 0");
        let _: u32 = bench.eval(&focus).await;
        bench.strike("/").await;
        let id: String = bench.eval("return document.activeElement.id").await;
        assert_eq!(id, "search", "{focused}");
        assert_eq!(bench.value("[data-testid=search]").await, "");
    }
    bench.strike("a/b").await;
    assert_eq!(bench.value("[data-testid=search]").await, "a/b");
    bench.strike(Key::Escape + "").await;
    assert_eq!(bench.value("[data-testid=search]").await, "");

    let focus = format!(
        "document.querySelector('{}').focus(); return 0",
        row("Robot")
    );
    let _: u32 = bench.eval(&focus).await;
    bench.strike(Key::F2 + "").await;
    bench.focused(FIELD).await;
    bench.close().await;
}

/// Keys that the footer names.
async fn keys(bench: &Bench) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.keys kbd')]\
                  .filter(key => key.checkVisibility()).map(key => key.textContent)";
    bench.eval(script).await
}

async fn start(bench: &Bench, name: &str) {
    let pencil = format!("{} [data-testid=rename-start]", row(name));
    bench.click(&pencil).await;
    bench.focused(&format!("{} {FIELD}", row(name))).await;
}
