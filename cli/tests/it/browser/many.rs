//! Tests of a list that is much longer than the window.

use std::time::Instant;

use thirtyfour::prelude::*;

use super::bench::{Bench, numbered, row};

const COUNT: usize = 20_000;
/// Maximum number of rows in the page.
const MAX_ROWS: usize = 120;
/// Maximum time that the page may take for a key, in milliseconds, on a machine that does much else.
const MAX_TASK: f64 = 250.0;

/// Records the durations of long tasks.
const RECORD_TASKS: &str = "window.tasks = []; new PerformanceObserver(list => tasks.push(\
    ...list.getEntries().map(task => task.duration))).observe({type: 'longtask'}); return 0";

#[tokio::test]
async fn any_place_of_a_long_list_is_shown_with_few_elements() {
    let bench = Bench::start_with_projects(COUNT).await;
    bench.shows("[data-testid=count]", "20,000").await;
    bench.find(&row(&numbered(0))).await;
    assert_few_rows(&bench).await;

    press_on_page(&bench, Key::End).await;
    bench.find(&row(&numbered(COUNT - 1))).await;
    assert_few_rows(&bench).await;
    // The first row has the focus.
    let rows = bench.rows().await;
    assert!(rows.contains(&numbered(0)) && !rows.contains(&numbered(1)));
    bench.screenshot("many-end-1280-light").await;

    // As dragging the scroll bar does.
    let half = "scrollTo(0, document.documentElement.scrollHeight / 2); return 0";
    let _: u32 = bench.eval(half).await;
    bench
        .until("rows in the middle are shown", || shows_all(&bench))
        .await;
    assert_few_rows(&bench).await;
    let place: usize = bench
        .eval("return Number(document.querySelector('.row:not(:focus-within)').ariaPosInSet)")
        .await;
    assert!((9_000..11_000).contains(&place), "{place}");
    bench.find(&row(&numbered(place - 1))).await;
    let size: String = bench
        .eval("return document.querySelector('.row:not(:focus-within)').ariaSetSize")
        .await;
    assert_eq!(size, "20000");

    let top: f64 = bench.eval("return scrollY").await;
    press_on_page(&bench, Key::PageDown).await;
    bench
        .until("the page has scrolled", || async {
            bench.eval::<f64>("return scrollY").await > top + 100.0
        })
        .await;
    bench
        .until("rows further down are shown", || shows_all(&bench))
        .await;
    press_on_page(&bench, Key::Home).await;
    bench.find(&row(&numbered(0))).await;
    assert_few_rows(&bench).await;
    bench.close().await;
}

#[tokio::test]
async fn the_server_searches_and_sorts_a_long_list() {
    let bench = Bench::start_with_projects(COUNT).await;
    bench.shows("[data-testid=count]", "20,000").await;
    bench.find(&row(&numbered(0))).await;
    let _: u32 = bench.eval(RECORD_TASKS).await;
    let start = Instant::now();
    bench.fill("[data-testid=search]", "CT_1234").await;
    bench.shows("[data-testid=count]", "10 found").await;
    println!("search of 20,000 projects: {:?}", start.elapsed());
    assert_eq!(
        bench.rows().await,
        (12_340..12_350).map(numbered).collect::<Vec<_>>()
    );
    bench.fill("[data-testid=search]", "project_1999").await;
    bench.find(&row(&numbered(19_999))).await;
    bench.press(Key::Escape + "").await;
    bench.find(&row(&numbered(0))).await;
    bench
        .fill("[data-testid=create-name]", "project_00001x")
        .await;
    bench
        .shows("[data-testid=create-path]", "this name is available")
        .await;
    let tasks: Vec<f64> = bench.eval("return window.tasks").await;
    println!("tasks of more than 50 ms while typing: {tasks:?}");
    assert!(tasks.iter().all(|task| *task < MAX_TASK), "{tasks:?}");

    bench.press(Key::Enter + "").await;
    bench.find(&row("project_00001x")).await;
    for sort in ["created", "modified"] {
        bench
            .click(&format!("[data-testid=sort] option[value={sort}]"))
            .await;
        bench
            .until(
                &format!("the newest is first, sorted by {sort}"),
                || async {
                    bench
                        .rows()
                        .await
                        .first()
                        .is_some_and(|name| name == "project_00001x")
                },
            )
            .await;
    }
    assert_few_rows(&bench).await;
    bench.close().await;
}

#[tokio::test]
async fn a_new_project_is_scrolled_to_wherever_it_belongs() {
    let bench = Bench::start_with_projects(COUNT).await;
    bench.shows("[data-testid=count]", "20,000").await;
    bench.create("project_15000_new").await;
    assert_in_view(&bench, "project_15000_new").await;
    bench
        .find(".is-highlighted[data-name=project_15000_new]")
        .await;
    assert!(bench.rows().await.contains(&numbered(15_001)));

    bench
        .click(&format!(
            "{} [data-testid=rename-start]",
            row("project_15000_new")
        ))
        .await;
    bench
        .fill("[data-testid=rename-input]", "project_05000_new")
        .await;
    bench.press(Key::Enter + "").await;
    bench.find(&row(&numbered(5_001))).await;
    assert_in_view(&bench, "project_05000_new").await;
    bench
        .until("the renamed project has the focus", || async {
            let focused = "return document.activeElement.closest('li')?.dataset.name ?? ''";
            bench.eval::<String>(focused).await == "project_05000_new"
        })
        .await;
    bench.close().await;
}

#[tokio::test]
async fn an_open_form_outlives_scrolling_and_changes() {
    let bench = Bench::start_with_projects(COUNT).await;
    bench
        .click(&format!("{} [data-testid=rename-start]", row(&numbered(3))))
        .await;
    bench.fill("[data-testid=rename-input]", "half").await;
    let _: u32 = bench.eval("scrollTo(0, 500000); return 0").await;
    bench
        .until("other rows are shown", || async {
            !bench.rows().await.contains(&numbered(4)) && shows_all(&bench).await
        })
        .await;
    super::bench::make_project(&bench.workspace, "another");
    bench.shows("[data-testid=count]", "20,001").await;
    let field = bench.find("[data-testid=rename-input]").await;
    let typed = field.prop("value").await.expect("a property");
    assert_eq!(typed.as_deref(), Some("half"));
    let focused: String = bench.eval("return document.activeElement.id").await;
    assert_eq!(focused, "rename-input");

    bench.press("_way").await;
    bench.press(Key::Enter + "").await;
    bench.find(&row("half_way")).await;
    bench.gone(&row(&numbered(3))).await;
    bench.close().await;
}

async fn assert_few_rows(bench: &Bench) {
    let count: usize = bench
        .eval("return document.querySelectorAll('.row').length")
        .await;
    assert!((1..MAX_ROWS).contains(&count), "{count} rows");
}

/// Whether all rows in view have been loaded.
async fn shows_all(bench: &Bench) -> bool {
    let script = "const rows = [...document.querySelectorAll('.row')]; \
                  const seen = rows.filter(row => { const box = row.getBoundingClientRect(); \
                  return box.bottom > 0 && box.top < innerHeight && row.dataset.name; }); \
                  return seen.length > 5 && !document.querySelector('.is-placeholder')";
    bench.eval(script).await
}

async fn assert_in_view(bench: &Bench, name: &str) {
    bench
        .until(&format!("{name} is in view"), || async {
            let script = format!(
                "const box = document.querySelector('[data-name={name}]')?.getBoundingClientRect(); \
                 return !!box && box.top >= 0 && box.bottom <= innerHeight"
            );
            bench.eval::<bool>(&script).await
        })
        .await;
}

/// Presses a key while a button of the list has the focus.
async fn press_on_page(bench: &Bench, key: Key) {
    let script = "const button = [...document.querySelectorAll('.row button')].find(button => \
                  { const top = button.getBoundingClientRect().top; \
                  return top > 0 && top < innerHeight; }); button.focus({preventScroll: true}); \
                  return 0";
    let _: u32 = bench.eval(script).await;
    bench.press(key + "").await;
}
