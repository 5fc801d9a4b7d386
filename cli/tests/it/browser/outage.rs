//! Test of losing and regaining the connection to the server.

use thirtyfour::prelude::*;

use super::bench::{Bench, row};

#[tokio::test]
async fn typed_text_survives_an_outage() {
    let mut bench = Bench::start().await;
    bench.create("Robot").await;
    bench.fill("[data-testid=create-name]", "Statue").await;
    bench.stop_server();
    bench.find("[data-testid=banner-unreachable]").await;
    bench.find(&row("Robot")).await;
    bench.press(Key::Enter + "").await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    bench.start_server();
    bench.gone("[data-testid=banner-unreachable]").await;
    let field = bench.find("[data-testid=create-name]").await;
    assert_eq!(
        field.prop("value").await.expect("a property").as_deref(),
        Some("Statue")
    );
    field.send_keys(Key::Enter + "").await.expect("a key");
    bench.find(&row("Statue")).await;
    assert_eq!(bench.on_disk(), ["Robot", "Statue"]);
    bench.close().await;
}
