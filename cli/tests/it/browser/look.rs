//! Tests of what people see: nothing moves, is struck through or covered.

use thirtyfour::prelude::*;

use super::bench::{Bench, make_project, row};

/// Adds up how far what is shown moves by itself.
const RECORD_SHIFTS: &str = "window.shift = 0; new PerformanceObserver(list => { \
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value; })\
    .observe({type: 'layout-shift', buffered: true})";

#[tokio::test]
async fn nothing_moves_when_the_scroll_bar_comes() {
    let bench = Bench::start().await;
    bench.show_scroll_bars().await;
    bench.inject(RECORD_SHIFTS).await;
    bench.open().await;
    bench.find("[data-testid=empty-state]").await;
    let width = "return document.querySelector('.top-line').getBoundingClientRect().width";
    let before: f64 = bench.eval(width).await;
    for index in 0..40 {
        make_project(&bench.workspace, &format!("project_{index}"));
    }
    bench.shows("[data-testid=count]", "40").await;
    let bar = "return innerWidth - document.documentElement.clientWidth";
    assert!(bench.eval::<f64>(bar).await > 5.0, "there is a scroll bar");
    let is_long = "return document.documentElement.scrollHeight > innerHeight";
    assert!(bench.eval::<bool>(is_long).await);
    assert_eq!(bench.eval::<f64>(width).await, before);

    // A page that is opened with a long list.
    bench.open().await;
    bench.find(&row("project_0")).await;
    bench.shows("[data-testid=count]", "40").await;
    let shift: f64 = bench.eval("return shift").await;
    assert!(shift < 0.05, "{shift}");
    let planted = "const box = document.createElement('div'); box.style.height = '300px'; \
                   document.getElementById('main').prepend(box); return 0";
    let _: u32 = bench.eval(planted).await;
    bench
        .until("a shift is noticed", || async {
            bench.eval::<f64>("return shift").await > 0.05
        })
        .await;
    bench.close().await;
}

#[tokio::test]
async fn no_line_runs_through_a_count_in_forced_colors() {
    let bench = Bench::start().await;
    bench.create("Robot").await;
    for (stage, count) in [("0_input/meshes", 3), ("2_rig/config", 1)] {
        for file in 0..count {
            let path = bench.workspace.join("Robot").join(stage);
            std::fs::write(path.join(format!("{file}.fbx")), "x").expect("a file");
        }
    }
    bench
        .find(&format!(
            "{} [data-stage='2_rig'][data-filled=true]",
            row("Robot")
        ))
        .await;
    for (width, dark) in [(320, false), (1280, false), (1280, true)] {
        bench.emulate(width, 800, dark).await;
        for forced in [false, true] {
            bench.force_colors_in(forced, dark).await;
            let with = steps(&bench).await;
            let hide = "const style = document.createElement('style'); style.id = 'plain'; \
                        style.textContent = '.stages li::before { display: none !important }'; \
                        document.head.append(style); return 0";
            let _: u32 = bench.eval(hide).await;
            let without = steps(&bench).await;
            let _: u32 = bench
                .eval("document.getElementById('plain').remove(); return 0")
                .await;
            assert_eq!(with.len(), 5);
            for (stage, (with, without)) in with.iter().zip(&without).enumerate() {
                assert!(with == without, "stage {stage}, {width}, {dark}, {forced}");
            }
        }
    }
    bench.close().await;
}

#[tokio::test]
async fn a_new_project_is_in_view_and_not_covered() {
    let bench = Bench::start().await;
    for index in 0..60 {
        make_project(&bench.workspace, &format!("project_{index:02}"));
    }
    bench.shows("[data-testid=count]", "60").await;
    for (width, height) in [(320, 640), (1280, 800)] {
        bench.emulate(width, height, false).await;
        for place in ["project_00a", "project_30a", "project_59a"] {
            let name = format!("{place}_{width}");
            bench.create(&name).await;
            bench.shows("[data-testid=toast]", &name).await;
            let seen = format!(
                "const row = document.querySelector({:?}).getBoundingClientRect(); \
                 const toast = document.querySelector('[data-testid=toast]').getBoundingClientRect(); \
                 return row.top >= 0 && row.bottom <= innerHeight \
                 && (row.bottom <= toast.top || row.top >= toast.bottom)",
                row(&name)
            );
            bench
                .until(&format!("{name} is in view"), || bench.eval::<bool>(&seen))
                .await;
        }
    }
    bench.close().await;
}

/// Pictures of the inside of each stage's mark in the first row.
async fn steps(bench: &Bench) -> Vec<Vec<u8>> {
    let mut pictures = Vec::new();
    for step in bench
        .page
        .find_all(By::Css(".row:first-child .step"))
        .await
        .expect("stages")
    {
        pictures.push(step.screenshot_as_png().await.expect("a picture"));
    }
    pictures
}
