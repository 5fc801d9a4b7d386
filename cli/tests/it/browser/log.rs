//! Tests of the pipeline's output, and of restarting the command.

use std::fs::OpenOptions;
use std::io::Write;

use thirtyfour::prelude::*;

use super::bench::Bench;

const OUTPUT: &str = "[data-testid=pipeline-log] pre";
/// Writes 200 lines, and from then on those that are added to the file `more`.
const FOLLOW: &str = "seq -f 'line %g' 200; touch more; exec tail -n 0 -f more";

#[tokio::test]
async fn the_output_is_followed_only_at_its_end() {
    let bench = Bench::start_with(&[("PROJECT_NAME", "Robot")], FOLLOW).await;
    bench.click("[data-testid=pipeline-log] summary").await;
    bench.shows(OUTPUT, "line 200").await;
    bench
        .until("the end is shown", || async { rest(&bench).await < 2.0 })
        .await;
    for round in 0..3 {
        add(&bench, &format!("round {round}"), 30).await;
        bench
            .until("the end is shown", || async { rest(&bench).await < 2.0 })
            .await;
    }
    for place in [0.0, 500.0] {
        scroll_to(&bench, place).await;
        add(&bench, &format!("at {place}"), 30).await;
        assert_eq!(place_of(&bench).await, place);
    }
    scroll_to(&bench, 1e6).await;
    add(&bench, "again", 30).await;
    bench
        .until("the end is shown", || async { rest(&bench).await < 2.0 })
        .await;

    // The page keeps 500 lines; what is read stays in its place when older ones are dropped.
    scroll_to(&bench, 3_000.0).await;
    let before = line_at_top(&bench).await;
    add(&bench, "many", 250).await;
    assert_eq!(line_at_top(&bench).await, before);
    bench.close().await;
}

#[tokio::test]
async fn the_output_has_no_escape_codes_and_can_be_copied() {
    let script = "printf 'a\\033[1;31mred\\033[0m\\033[2K\\033]0;title\\007\\033[?25l\\033(B end\\n'; \
                  printf 'second\\n'; touch more; exec tail -n 0 -f more";
    let bench = Bench::start_with(&[("PROJECT_NAME", "Robot")], script).await;
    bench.click("[data-testid=pipeline-log] summary").await;
    bench.shows(OUTPUT, "second").await;
    let text: String = bench
        .eval(&format!(
            "return document.querySelector('{OUTPUT}').textContent"
        ))
        .await;
    assert_eq!(text, "ared end\nsecond\n");
    let colored: Vec<String> = bench
        .eval(&format!(
            "return [...document.querySelectorAll('{OUTPUT} [class*=ansi]')]\
             .map(part => part.textContent + ' ' + part.className)"
        ))
        .await;
    assert_eq!(colored, ["red ansi-bold ansi-red"]);
    bench.assert_accessible("colored output").await;

    // What is selected stays selected while lines are added.
    let select = format!(
        "getSelection().selectAllChildren(document.querySelector('{OUTPUT} [class*=ansi]')); \
         return getSelection().toString()"
    );
    assert_eq!(bench.eval::<String>(&select).await, "red");
    add(&bench, "third", 1).await;
    let selected: String = bench.eval("return getSelection().toString()").await;
    assert_eq!(selected, "red");

    bench.click("[data-testid=log-copy]").await;
    bench.shows("[data-testid=toast]", "copied").await;
    let paste = "const area = document.createElement('textarea'); area.id = 'pasted'; \
                 document.body.append(area); area.focus(); return 0";
    let _: u32 = bench.eval(paste).await;
    bench.press(Key::Control + "v").await;
    let pasted: String = bench
        .eval("return document.getElementById('pasted').value")
        .await;
    assert_eq!(pasted, "ared end\nsecond\nthird 1\n");
    bench.close().await;
}

#[tokio::test]
async fn the_command_is_restarted_with_a_button_of_its_own() {
    let script = "echo begins; exec sleep 600";
    let bench = Bench::start_with(&[("PROJECT_NAME", "Robot")], script).await;
    bench.click("[data-testid=pipeline-log] summary").await;
    bench.shows(OUTPUT, "begins").await;
    bench.click("[data-testid=pipeline-restart]").await;
    bench
        .shows("dialog[open] h2", "Restart the pipeline?")
        .await;
    bench.assert_accessible("the dialog").await;
    bench.press(Key::Escape + "").await;
    bench.gone("dialog[open]").await;
    bench.click("[data-testid=pipeline-restart]").await;
    bench.click("[data-testid=pipeline-restart-now]").await;
    bench
        .until("the command has begun twice", || async {
            let text: String = bench
                .eval(&format!(
                    "return document.querySelector('{OUTPUT}').textContent"
                ))
                .await;
            text.matches("begins").count() == 2
        })
        .await;
    bench.shows("[data-testid=pipeline-state]", "Running").await;
    bench.close().await;
}

/// Adds numbered lines to the output and waits until the last is shown.
async fn add(bench: &Bench, text: &str, count: usize) {
    let path = bench.workspace.join("Robot/more");
    let lines: String = (1..=count).map(|line| format!("{text} {line}\n")).collect();
    let mut file = OpenOptions::new().append(true).open(path).expect("a file");
    file.write_all(lines.as_bytes()).expect("lines");
    let last = format!("{text} {count}");
    bench
        .until(&format!("{last:?} is shown"), || async {
            let text: String = bench
                .eval(&format!(
                    "return document.querySelector('{OUTPUT}').textContent"
                ))
                .await;
            text.ends_with(&format!("{last}\n"))
        })
        .await;
    // Scrolling would follow in the next frame.
    let frames = "const done = arguments[0]; \
                  requestAnimationFrame(() => requestAnimationFrame(() => done(0)))";
    let drawn = bench.page.execute_async(frames, vec![]).await;
    drawn.expect("two frames");
}

/// Height of the output below what is visible.
async fn rest(bench: &Bench) -> f64 {
    let script = format!(
        "const log = document.querySelector('{OUTPUT}'); \
         return log.scrollHeight - log.scrollTop - log.clientHeight"
    );
    bench.eval(&script).await
}

async fn place_of(bench: &Bench) -> f64 {
    let script = format!("return document.querySelector('{OUTPUT}').scrollTop");
    bench.eval(&script).await
}

async fn scroll_to(bench: &Bench, place: f64) {
    let script = format!("document.querySelector('{OUTPUT}').scrollTop = {place}; return 0");
    let _: u32 = bench.eval(&script).await;
}

/// Text of the line at the top of the visible output, and its distance from there.
async fn line_at_top(bench: &Bench) -> (String, i64) {
    let script = format!(
        "const log = document.querySelector('{OUTPUT}'); \
         const top = log.getBoundingClientRect().top; \
         const line = [...log.children].find(line => line.getBoundingClientRect().top >= top); \
         return [line.textContent, Math.round(line.getBoundingClientRect().top - top)]"
    );
    bench.eval(&script).await
}
