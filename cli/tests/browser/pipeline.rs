//! The pipeline on the page, and the default project that nobody needs.

use std::fs;

use crate::harness::{Bench, row};

#[tokio::test]
async fn its_output_is_read_and_it_is_stopped_and_started() {
    let script = "echo Retopology: pass $((1 + 1)) of 5; exec sleep 600";
    let bench = Bench::start_with(&[("PROJECT_NAME", "Robot")], script).await;
    bench.says("[data-testid=pipeline-state]", "Running").await;
    bench.says("[data-testid=pipeline]", "in Robot").await;
    bench.click("[data-testid=pipeline-log] summary").await;
    bench
        .says("[data-testid=pipeline-log]", "pass 2 of 5")
        .await;

    let start = format!("{} [data-testid=rename-start]", row("Robot"));
    bench.click(&start).await;
    bench.fill("[data-testid=rename-input]", "Hero").await;
    bench.press_enter().await;
    bench
        .says("[data-testid=rename-error]", "pipeline is running")
        .await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    bench.look(1280, 800, true).await;
    bench.click("[data-testid=pipeline-end]").await;
    bench.picture("pipeline-ask-1280-dark").await;
    bench.accessible("the question").await;
    bench.click("[data-testid=pipeline-stop]").await;
    bench
        .says("[data-testid=pipeline-state]", "Ended by signal 15")
        .await;
    bench.press_in("[data-testid=rename-input]").await;
    bench.find(&row("Hero")).await;
    assert_eq!(bench.on_disk(), ["Hero"]);

    bench.click("[data-testid=pipeline-start]").await;
    bench.says("[data-testid=pipeline-state]", "Running").await;
    bench.says("[data-testid=pipeline]", "in Hero").await;
    bench.look(1280, 800, false).await;
    bench.picture("pipeline-1280-light").await;
    bench.look(360, 740, false).await;
    bench.picture("pipeline-360-light").await;
    bench.accessible("the pipeline").await;
    bench.end().await;
}

#[tokio::test]
async fn the_untouched_default_project_takes_the_name_if_asked() {
    let env = [("PODSLATE_DEFAULT_PROJECT", "Exhibition")];
    let bench = Bench::start_with(&env, "").await;
    bench.find(&row("Exhibition")).await;
    bench.fill("[data-testid=create-name]", "Hero").await;
    bench.click("[data-testid=adopt] input").await;
    bench.picture("adopt-1280-light").await;
    bench.press_in("[data-testid=create-name]").await;
    bench.find(&row("Hero")).await;
    bench.gone(&row("Exhibition")).await;
    assert_eq!(bench.on_disk(), ["Hero"]);
    let config = bench.workspace.join("Hero/pipeline/config.json");
    let config = fs::read_to_string(config).expect("a file");
    assert!(config.contains("\"project_name\": \"Hero\""));

    bench.fill("[data-testid=create-name]", "Second").await;
    bench
        .says("[data-testid=create-path]", "this name is free")
        .await;
    bench.gone("[data-testid=adopt]").await;
    bench.end().await;
}
