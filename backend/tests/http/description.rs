//! The API's description against the server itself, with requests that schemathesis makes up.

use std::process::Command;

use crate::server::{Server, entries};

/// How many requests of each kind schemathesis makes up for each call; the fault suite has more.
const EXAMPLES: &str = "20";

#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_the_truth() {
    let server = Server::start().await;
    // What the examples of the description name. None is called `create`, because schemathesis would
    // take its address for one that only reads.
    server.create(&["MyCharacter"]).await;
    let (_, description) = server.get("/api/openapi.json").await;
    let paths = description["paths"].as_object().expect("paths").values();
    let calls: usize = paths
        .map(|calls| calls.as_object().expect("calls").len())
        .sum();
    let python = std::env::var_os("PODSLATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let folder = tempfile::tempdir().expect("a directory");
    let url = format!("http://{}/api/openapi.json", server.address);
    let mut command = Command::new(python);
    command
        .args(["-m", "schemathesis.cli", "run", &url])
        .args(["--checks", "all", "--mode", "all", "--seed", "1"])
        .args(["--max-examples", EXAMPLES, "--request-timeout", "10"])
        .args(["--generation-database", "none", "--no-color"])
        .current_dir(folder.path());
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("no panic").expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains(&format!("Tested: {calls}\n")), "{text}");
    // Whatever it sent, all that it made are whole projects.
    let there = entries(&server.root);
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    server.assert_projects(&there);
}
