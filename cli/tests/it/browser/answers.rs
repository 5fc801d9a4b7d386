//! Tests of answers that are lost, and of sessions that end.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::{fs, thread};

use super::bench::{Bench, make_project, row};

const TOKEN: &str = "canary-0123456789abcdef0123";
const FIELD: &str = "[data-testid=create-name]";

/// Passes everything on.
const PASS: u8 = 0;
/// Passes changes on, and cuts the connection instead of returning the response.
const LOSE_RESPONSES: u8 = 1;
/// Cuts the connection instead of passing a change on.
const LOSE_REQUESTS: u8 = 2;

#[tokio::test]
async fn a_project_whose_response_was_lost_is_not_taken() {
    let bench = Bench::start().await;
    let proxy = proxy(&bench).await;
    bench.fill(FIELD, "Robot").await;
    bench.shows("[data-testid=create-path]", "available").await;
    proxy.store(LOSE_RESPONSES, SeqCst);
    bench.press_enter().await;
    bench.until_on_disk(&["Robot"]).await;
    bench.find("[data-testid=banner-unreachable]").await;
    watch_errors(&bench).await;
    proxy.store(PASS, SeqCst);
    bench
        .shows("[data-testid=toast]", "Created project Robot")
        .await;
    bench.find(&row("Robot")).await;
    assert_eq!(bench.value(FIELD).await, "");
    assert_eq!(errors(&bench).await, Vec::<String>::new());

    // The name of another's project is taken.
    bench.fill(FIELD, "Robot").await;
    bench.press_enter().await;
    bench
        .shows("[data-testid=create-error]", "already exists")
        .await;

    // A rename whose response was lost is done, too.
    bench
        .click(&format!("{} [data-testid=rename-start]", row("Robot")))
        .await;
    bench.fill("[data-testid=rename-input]", "Hero").await;
    proxy.store(LOSE_RESPONSES, SeqCst);
    bench.press_enter().await;
    bench.until_on_disk(&["Hero"]).await;
    bench.find("[data-testid=banner-unreachable]").await;
    proxy.store(PASS, SeqCst);
    bench
        .shows("[data-testid=toast]", "Renamed project Robot to Hero.")
        .await;
    bench.find(&row("Hero")).await;
    bench.gone("[data-testid=rename-input]").await;
    bench.close().await;
}

#[tokio::test]
async fn a_request_that_was_lost_is_sent_again_once() {
    let bench = Bench::start().await;
    let proxy = proxy(&bench).await;
    bench.fill(FIELD, "Robot").await;
    bench.shows("[data-testid=create-path]", "available").await;
    proxy.store(LOSE_REQUESTS, SeqCst);
    bench.press_enter().await;
    bench.find("[data-testid=banner-unreachable]").await;
    assert!(bench.on_disk().is_empty());
    proxy.store(PASS, SeqCst);
    bench
        .shows("[data-testid=toast]", "Created project Robot")
        .await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    // Not if the text was changed meanwhile.
    bench.fill(FIELD, "Statue").await;
    bench.shows("[data-testid=create-path]", "available").await;
    proxy.store(LOSE_REQUESTS, SeqCst);
    bench.press_enter().await;
    bench.find("[data-testid=banner-unreachable]").await;
    bench.fill(FIELD, "Tree").await;
    proxy.store(PASS, SeqCst);
    bench
        .shows("[data-testid=create-path]", "this name is available")
        .await;
    assert_eq!(bench.on_disk(), ["Robot"]);
    bench.close().await;
}

#[tokio::test]
async fn a_session_that_has_ended_leaves_one_form() {
    let bench = Bench::start_with(&[("PODSLATE_TOKEN", TOKEN)], "").await;
    make_project(&bench.workspace, "Robot");
    bench.shows("#token-title", "requires a token").await;
    bench.fill("[data-testid=token-input]", TOKEN).await;
    bench.press_enter().await;
    bench.find(&row("Robot")).await;
    bench.find("[data-testid=sign-out]").await;
    bench.fill(FIELD, "Statue").await;
    bench.shows("[data-testid=create-path]", "available").await;

    let cookies = bench.page.delete_all_cookies().await;
    cookies.expect("no cookies");
    bench.press_enter().await;
    bench.shows("#token-title", "session has ended").await;
    bench.gone("[data-testid=sign-out]").await;
    bench.shows("[data-testid=connection]", "Signed out").await;
    let visible = "return [...document.querySelectorAll('form')]\
                   .filter(form => form.checkVisibility()).map(form => form.className)";
    assert_eq!(bench.eval::<Vec<String>>(visible).await, ["token"]);
    let focused: String = bench.eval("return document.activeElement.id").await;
    assert_eq!(focused, "token");
    assert_eq!(bench.on_disk(), ["Robot"]);
    bench.assert_accessible("an ended session").await;

    bench.fill("[data-testid=token-input]", TOKEN).await;
    bench.press_enter().await;
    bench.find(&row("Robot")).await;
    bench.find("[data-testid=sign-out]").await;
    assert_eq!(bench.value(FIELD).await, "Statue");
    bench.click("[data-testid=sign-out]").await;
    bench.shows("#token-title", "requires a token").await;
    bench.close().await;
}

/// Opens the page through a proxy, whose mode is returned.
async fn proxy(bench: &Bench) -> Arc<AtomicU8> {
    let mode = Arc::new(AtomicU8::new(PASS));
    let server = bench.url.trim_start_matches("http://");
    let server = server.trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let shared = Arc::clone(&mode);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&server);
            let mode = Arc::clone(&shared);
            if let Ok(server) = server {
                pass(&client, &server, &mode);
            }
        }
    });
    let address = format!("http://{address}/");
    bench.page.goto(&address).await.expect("the page opens");
    bench.find(FIELD).await;
    bench.shows("[data-testid=connection]", "Connected").await;
    mode
}

/// Passes bytes on in both directions until either side ends.
fn pass(client: &TcpStream, server: &TcpStream, mode: &Arc<AtomicU8>) {
    let loses = Arc::new(AtomicU8::new(PASS));
    for (from, to, is_request) in [(client, server, true), (server, client, false)] {
        let (mut from, mut to) = (
            from.try_clone().expect("a socket"),
            to.try_clone().expect("a socket"),
        );
        let (mode, loses) = (Arc::clone(mode), Arc::clone(&loses));
        thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(length) = from.read(&mut buffer) {
                if is_request && buffer[..length].starts_with(b"POST /") {
                    loses.store(mode.load(SeqCst), SeqCst);
                }
                // Whatever else the page asks is lost, too.
                let is_cut = is_request
                    && mode.load(SeqCst) != PASS
                    && buffer[..length].starts_with(b"GET /");
                let is_lost = match loses.load(SeqCst) {
                    _ if is_cut => true,
                    LOSE_REQUESTS => is_request,
                    LOSE_RESPONSES => !is_request,
                    _ => false,
                };
                if length == 0 || is_lost || to.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            // Fails only for sockets that are closed.
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
}

/// Records every error that the form shows from now on.
async fn watch_errors(bench: &Bench) {
    let script = "window.errors = []; new MutationObserver(() => { \
                  const error = document.querySelector('[data-testid=create-error]'); \
                  if (error) errors.push(error.textContent); })\
                  .observe(document.body, {subtree: true, childList: true, characterData: true}); \
                  return 0";
    let _: u32 = bench.eval(script).await;
}

async fn errors(bench: &Bench) -> Vec<String> {
    bench.eval("return window.errors").await
}

impl Bench {
    /// Waits until the workspace has exactly these entries.
    async fn until_on_disk(&self, names: &[&str]) {
        self.until(&format!("the workspace has {names:?}"), || async {
            fs::read_dir(&self.workspace).is_ok() && self.on_disk() == names
        })
        .await;
    }
}
