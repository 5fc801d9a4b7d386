//! The accessibility checker in the page.

use std::fs;

use serde_json::Value;

use crate::harness::Bench;

impl Bench {
    /// axe-core finds nothing; and it does find a mistake that is put there.
    pub async fn accessible(&self, what: &str) {
        let path =
            std::env::var("PODSLATE_TEST_AXE").expect("`cargo xtask test` says where axe is");
        self.script(&fs::read_to_string(path).expect("axe-core"))
            .await;
        let found = self.violations().await;
        assert!(found.is_empty(), "{what}: {found:#?}");

        self.script(
            "const image = new Image(); image.id = 'mistake'; \
             (document.querySelector('dialog[open]') ?? document.body).append(image)",
        )
        .await;
        assert!(
            !self.violations().await.is_empty(),
            "axe-core does not look"
        );
        self.script("document.getElementById('mistake').remove()")
            .await;
    }

    async fn script(&self, script: &str) {
        let done = self.page.execute(script, vec![]).await;
        done.expect("a script runs");
    }

    async fn violations(&self) -> Vec<Value> {
        let script = "const done = arguments[arguments.length - 1];\
                      axe.run().then(found => done(found.violations.map(v => \
                      [v.id, v.help, v.nodes.map(n => n.html).slice(0, 3)])))";
        let found = self.page.execute_async(script, vec![]).await;
        let found = found.expect("axe-core runs");
        found.json().as_array().cloned().unwrap_or_default()
    }
}
