//! Accessibility checks with axe-core.

use std::fs;

use serde_json::Value;

use super::bench::Bench;

impl Bench {
    /// Asserts that axe-core finds no violations, and that it does find a planted one.
    pub async fn assert_accessible(&self, what: &str) {
        let path = std::env::var("PODSLATE_TEST_AXE")
            .expect("PODSLATE_TEST_AXE, which `cargo xtask test` sets");
        self.script(&fs::read_to_string(path).expect("axe-core"))
            .await;
        let violations = self.violations().await;
        assert!(violations.is_empty(), "{what}: {violations:#?}");

        self.script(
            "const image = new Image(); image.id = 'planted'; \
             (document.querySelector('dialog[open]') ?? document.body).append(image)",
        )
        .await;
        assert!(
            !self.violations().await.is_empty(),
            "axe-core misses a planted violation"
        );
        self.script("document.getElementById('planted').remove()")
            .await;
    }

    async fn script(&self, script: &str) {
        let result = self.page.execute(script, vec![]).await;
        result.expect("the script runs");
    }

    async fn violations(&self) -> Vec<Value> {
        let script = "const done = arguments[arguments.length - 1];\
                      axe.run().then(results => done(results.violations.map(v => \
                      [v.id, v.help, v.nodes.map(n => n.html).slice(0, 3)])))";
        let violations = self.page.execute_async(script, vec![]).await;
        let violations = violations.expect("axe-core runs");
        violations.json().as_array().cloned().unwrap_or_default()
    }
}
