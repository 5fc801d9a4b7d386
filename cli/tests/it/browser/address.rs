//! Tests of searching: the words, the page's address and its title.

use super::bench::{Bench, make_project, row};

const SEARCH: &str = "[data-testid=search]";

#[tokio::test]
async fn words_are_found_in_any_order_and_spelling() {
    let bench = Bench::start().await;
    for name in ["Ember_Fox", "Fox-Ember", "Emberly", "Äpfel", "Tree"] {
        make_project(&bench.workspace, name);
    }
    bench.shows("[data-testid=count]", "5").await;
    for (q, expected) in [
        ("ember fox", &["Ember_Fox", "Fox-Ember"][..]),
        ("  FOX   ember ", &["Ember_Fox", "Fox-Ember"]),
        ("ember-fox", &["Ember_Fox"]),
        ("ember_f", &["Ember_Fox"]),
        ("apfel", &["Äpfel"]),
        ("émbërly", &["Emberly"]),
        ("ember tree", &[]),
    ] {
        bench.fill(SEARCH, q).await;
        bench
            .until(&format!("{q:?} finds {expected:?}"), || async {
                bench.rows().await == expected
            })
            .await;
    }
    bench.close().await;
}

#[tokio::test]
async fn search_and_order_are_in_the_address_and_the_title() {
    let bench = Bench::start().await;
    for name in ["Alpha", "Beta", "Alphabet"] {
        bench.create(name).await;
    }
    title(&bench, "3 projects in workspace – podslate").await;
    bench.fill(SEARCH, "alpha & ").await;
    title(&bench, "“alpha &”: 0 projects – podslate").await;
    bench.fill(SEARCH, "alpha").await;
    title(&bench, "“alpha”: 2 projects – podslate").await;
    bench
        .click("[data-testid=sort] option[value=created]")
        .await;
    address(&bench, "?q=alpha&sort=created").await;

    bench.page.refresh().await.expect("a reload");
    bench.find(&row("Alphabet")).await;
    assert_eq!(bench.rows().await, ["Alphabet", "Alpha"]);
    assert_eq!(bench.value(SEARCH).await, "alpha");
    assert_eq!(bench.value("[data-testid=sort]").await, "created");
    title(&bench, "“alpha”: 2 projects – podslate").await;

    bench.page.back().await.expect("a step back");
    address(&bench, "?q=alpha").await;
    bench
        .until("the order is by name", || async {
            bench.rows().await == ["Alpha", "Alphabet"]
        })
        .await;
    assert_eq!(bench.value("[data-testid=sort]").await, "name");
    bench.page.back().await.expect("a step back");
    address(&bench, "").await;
    bench.find(&row("Beta")).await;
    assert_eq!(bench.value(SEARCH).await, "");
    bench.page.forward().await.expect("a step forward");
    bench.gone(&row("Beta")).await;
    assert_eq!(bench.value(SEARCH).await, "alpha");
    bench.close().await;
}

async fn title(bench: &Bench, expected: &str) {
    bench
        .until(&format!("the title is {expected:?}"), || async {
            bench.eval::<String>("return document.title").await == expected
        })
        .await;
}

async fn address(bench: &Bench, expected: &str) {
    bench
        .until(&format!("the address ends with {expected:?}"), || async {
            bench.eval::<String>("return location.search").await == expected
        })
        .await;
}
