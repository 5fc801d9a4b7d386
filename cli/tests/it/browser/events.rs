//! Tests of what the page learns from the server's events, and asks itself.

use std::fs;

use super::bench::{Bench, make_project, numbered, row};

const TOKEN: &str = "canary-0123456789abcdef0123";
/// Keeps every stream that the page opens in `streams`. Streams that begin while `refuse` is set are
/// refused.
const RECORD_STREAMS: &str = "window.streams = []; window.refuse = false; \
    window.EventSource = class extends EventSource { constructor(address) { \
    super(window.refuse ? 'api/none' : address); streams.push(this); } }";

#[tokio::test]
async fn an_idle_page_sends_nothing_and_shows_changes_without_asking() {
    let bench = Bench::start_with_projects(3).await;
    bench.find(&row(&numbered(2))).await;
    follows(&bench).await;
    let start: f64 = bench.eval("return performance.now()").await;
    // Longer than the interval of a page without events.
    while bench.eval::<f64>("return performance.now()").await < start + 4_000.0 {
        add_file(&bench).await;
    }
    assert_eq!(requests(&bench).await, Vec::<String>::new());

    make_project(&bench.workspace, "project_00000_new");
    bench.find(&row("project_00000_new")).await;
    bench.shows("[data-testid=count]", "4").await;
    let sent = requests(&bench).await;
    assert!((1..=4).contains(&sent.len()), "{sent:?}");
    assert!(sent.iter().all(|path| path == "/api/projects"), "{sent:?}");
    let order = [0, 1, 2].map(numbered);
    let [first, second, third] = &order;
    assert_eq!(
        bench.rows().await,
        [first, "project_00000_new", second, third]
    );
    bench.close().await;
}

#[tokio::test]
async fn a_page_follows_the_server_that_takes_the_place_of_another() {
    let mut bench = Bench::start_with_projects(3).await;
    bench.find(&row(&numbered(2))).await;
    bench.stop_server();
    bench.find("[data-testid=banner-unreachable]").await;
    make_project(&bench.workspace, "meanwhile");
    bench.start_server();
    bench.gone("[data-testid=banner-unreachable]").await;
    bench.find(&row("meanwhile")).await;
    follows(&bench).await;
    bench.close().await;
}

#[tokio::test]
async fn a_page_without_events_asks_by_itself() {
    let bench = Bench::start_with_projects(3).await;
    bench
        .inject(&RECORD_STREAMS.replace("refuse = false", "refuse = true"))
        .await;
    bench.open().await;
    bench.find(&row(&numbered(2))).await;
    bench
        .until("the stream is refused", || async {
            states(&bench).await == [2]
        })
        .await;
    make_project(&bench.workspace, "polled");
    bench.find(&row("polled")).await;
    let online: String = bench
        .eval("return document.querySelector('[data-testid=connection]').dataset.state")
        .await;
    assert_eq!(online, "online");

    let _: u32 = bench.eval("window.refuse = false; return 0").await;
    bench
        .until("the page tries again", || async {
            states(&bench).await.last() == Some(&1)
        })
        .await;
    make_project(&bench.workspace, "reported");
    bench.find(&row("reported")).await;
    bench.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_stream() {
    let bench = Bench::start_with(&[("PODSLATE_TOKEN", TOKEN)], "").await;
    make_project(&bench.workspace, "Robot");
    bench.inject(RECORD_STREAMS).await;
    bench.open().await;
    bench.find("[data-testid=unauthorized]").await;
    assert!(states(&bench).await.is_empty(), "no stream without a token");
    bench.fill("[data-testid=token-input]", TOKEN).await;
    bench.press_enter().await;
    bench.find(&row("Robot")).await;
    bench
        .until("the stream is open", || async {
            states(&bench).await == [1]
        })
        .await;
    bench.click("[data-testid=sign-out]").await;
    bench.find("[data-testid=unauthorized]").await;
    assert_eq!(states(&bench).await, [2]);
    assert!(bench.rows().await.is_empty());
    bench.close().await;
}

/// Waits until changes come as events, and none of the requests at the start of a stream are left.
async fn follows(bench: &Bench) {
    bench
        .until("changes come as events", || async {
            // A server that is too slow to compare the list with the disk is asked again.
            bench.gone("[data-testid=outdated]").await;
            forget_requests(bench).await;
            // Requests are recorded when they end.
            for _ in 0..3 {
                add_file(bench).await;
            }
            requests(bench).await.is_empty()
        })
        .await;
}

/// Adds a file to the second project and waits until its row shows that.
async fn add_file(bench: &Bench) {
    let folder = bench.workspace.join(numbered(1)).join("0_input");
    let count = fs::read_dir(&folder).expect("a folder").count() + 1;
    fs::write(folder.join(format!("{count}.fbx")), "mesh").expect("a file");
    let plural = if count == 1 { "" } else { "s" };
    let title = format!("Input: {count} file{plural}");
    bench
        .find(&format!("{} [title={title:?}]", row(&numbered(1))))
        .await;
}

async fn forget_requests(bench: &Bench) {
    let _: u32 = bench
        .eval("performance.clearResourceTimings(); return 0")
        .await;
}

/// Paths of the requests that the page has sent since.
async fn requests(bench: &Bench) -> Vec<String> {
    let script = "return performance.getEntriesByType('resource')\
                  .map(entry => new URL(entry.name).pathname)";
    bench.eval(script).await
}

/// States of the streams that the page has opened: 1 is open, 2 is closed.
async fn states(bench: &Bench) -> Vec<u8> {
    bench
        .eval("return streams.map(stream => stream.readyState)")
        .await
}
