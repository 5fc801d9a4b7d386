//! Tests of the pipeline panel, and of renaming the pristine default project.

use std::fs;

use super::bench::{Bench, row};

#[tokio::test]
async fn the_pipeline_shows_its_output_and_can_be_stopped_and_started() {
    let script = "echo Retopology: pass $((1 + 1)) of 5; exec sleep 600";
    let bench = Bench::start_with(&[("PROJECT_NAME", "Robot")], script).await;
    bench.shows("[data-testid=pipeline-state]", "Running").await;
    bench.shows("[data-testid=pipeline]", "in Robot").await;
    bench.click("[data-testid=pipeline-log] summary").await;
    bench
        .shows("[data-testid=pipeline-log]", "pass 2 of 5")
        .await;

    let start = format!("{} [data-testid=rename-start]", row("Robot"));
    bench.click(&start).await;
    bench.fill("[data-testid=rename-input]", "Hero").await;
    bench.press_enter().await;
    bench
        .shows("[data-testid=rename-error]", "pipeline is running")
        .await;
    assert_eq!(bench.on_disk(), ["Robot"]);

    bench.emulate(1280, 800, true).await;
    bench.click("[data-testid=pipeline-end]").await;
    bench.screenshot("pipeline-dialog-1280-dark").await;
    bench.assert_accessible("the dialog").await;
    bench.click("[data-testid=pipeline-stop]").await;
    bench
        .shows("[data-testid=pipeline-state]", "Ended by signal 15")
        .await;
    bench.press_enter_in("[data-testid=rename-input]").await;
    bench.find(&row("Hero")).await;
    assert_eq!(bench.on_disk(), ["Hero"]);

    bench.click("[data-testid=pipeline-start]").await;
    bench.shows("[data-testid=pipeline-state]", "Running").await;
    bench.shows("[data-testid=pipeline]", "in Hero").await;
    bench.emulate(1280, 800, false).await;
    bench.screenshot("pipeline-1280-light").await;
    bench.emulate(360, 740, false).await;
    bench.screenshot("pipeline-360-light").await;
    bench.assert_accessible("the pipeline").await;
    bench.close().await;
}

#[tokio::test]
async fn the_pristine_default_project_is_renamed_on_request() {
    let env = [("PODSLATE_DEFAULT_PROJECT", "Exhibition")];
    let bench = Bench::start_with(&env, "").await;
    bench.find(&row("Exhibition")).await;
    bench.fill("[data-testid=create-name]", "Hero").await;
    bench.click("[data-testid=adopt] input").await;
    bench.shows("[data-testid=create-submit]", "Rename").await;
    bench.shows("[data-testid=create-path]", "Becomes").await;
    bench.screenshot("adopt-1280-light").await;
    bench.press_enter_in("[data-testid=create-name]").await;
    bench.find(&row("Hero")).await;
    bench.gone(&row("Exhibition")).await;
    bench
        .shows("[data-testid=toast]", "Renamed project Exhibition to Hero.")
        .await;
    assert_eq!(bench.on_disk(), ["Hero"]);
    let config = bench.workspace.join("Hero/pipeline/config.json");
    let config = fs::read_to_string(config).expect("a file");
    assert!(config.contains("\"project_name\": \"Hero\""));

    bench.fill("[data-testid=create-name]", "Second").await;
    bench
        .shows("[data-testid=create-path]", "this name is available")
        .await;
    bench.gone("[data-testid=adopt]").await;
    bench.shows("[data-testid=create-submit]", "Create").await;
    bench.close().await;
}
