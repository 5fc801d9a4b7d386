//! Tests of a server that requires a token.

use std::fs;

use super::bench::{Bench, row};

const TOKEN: &str = "canary-0123456789abcdef0123";

#[tokio::test]
async fn a_token_signs_in_until_sign_out() {
    let bench = Bench::start_with(&[("PODSLATE_TOKEN", TOKEN)], "").await;
    fs::create_dir_all(bench.workspace.join("Robot/0_input")).expect("a project");
    bench.find("[data-testid=unauthorized]").await;
    assert!(bench.rows().await.is_empty());
    bench.emulate(1280, 800, false).await;
    bench.screenshot("token-1280-light").await;
    bench.assert_accessible("the token form").await;

    bench.fill("[data-testid=token-input]", "wrong").await;
    bench.press_enter().await;
    bench.shows("[data-testid=token-error]", "wrong").await;
    bench.fill("[data-testid=token-input]", TOKEN).await;
    bench.press_enter().await;
    bench.find(&row("Robot")).await;

    // Scripts cannot read the session's cookie.
    let stored = "return document.cookie + JSON.stringify(localStorage) \
                  + JSON.stringify(sessionStorage) + location.href";
    let stored = bench
        .page
        .execute(stored, vec![])
        .await
        .expect("the script runs");
    assert!(!stored.json().to_string().contains("canary"), "{stored:?}");
    bench.page.refresh().await.expect("a reload");
    bench.find(&row("Robot")).await;
    bench.create("Statue").await;
    assert_eq!(bench.on_disk(), ["Robot", "Statue"]);

    bench.click("[data-testid=sign-out]").await;
    bench.find("[data-testid=unauthorized]").await;
    bench.page.refresh().await.expect("a reload");
    bench.find("[data-testid=unauthorized]").await;
    bench.close().await;
}

#[tokio::test]
async fn the_printed_address_signs_in_and_drops_the_token() {
    let bench = Bench::start_with(&[("PODSLATE_TOKEN", TOKEN)], "").await;
    fs::create_dir_all(bench.workspace.join("Robot/0_input")).expect("a project");
    bench.find("[data-testid=unauthorized]").await;
    let address = format!("{}#token={TOKEN}", bench.url);
    bench.page.goto("about:blank").await.expect("another page");
    bench.page.goto(&address).await.expect("the page opens");
    bench.find(&row("Robot")).await;
    let address = bench.page.current_url().await.expect("an address");
    assert_eq!(address.as_str(), bench.url);
    bench.close().await;
}
