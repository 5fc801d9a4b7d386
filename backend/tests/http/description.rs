//! The API's description against the server, with requests that schemathesis generates.

use std::process::Command;

use crate::server::{Server, names};

/// Number of requests of each kind for each operation; the fault suite has more.
const EXAMPLES: &str = "20";
/// Address of the events.
const EVENTS: &str = "/api/events";

#[tokio::test(flavor = "multi_thread")]
async fn the_server_agrees_with_its_description() {
    let server = Server::start().await;
    // The project in the examples of the description. None is called `create`, because schemathesis
    // would take its address for one that only reads.
    server.create(&["MyCharacter"]).await;
    let operations = server.description.operations().count();
    let python = std::env::var_os("PODSLATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let folder = tempfile::tempdir().expect("a directory");
    let url = format!("http://{}/api/openapi.json", server.address);
    let mut command = Command::new(python);
    command
        .args(["-m", "schemathesis.cli", "run", &url])
        .args(["--checks", "all", "--mode", "all", "--seed", "1"])
        .args(["--max-examples", EXAMPLES, "--request-timeout", "10"])
        .args(["--generation-database", "none", "--no-color"])
        // It waits for the end of a stream of events.
        .args(["--exclude-path", EVENTS])
        .current_dir(folder.path());
    let run = tokio::task::spawn_blocking(move || command.output());
    let output = run.await.expect("no panic").expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains(&format!("Tested: {}\n", operations - 1)),
        "{text}"
    );
    // Whatever it sent, the workspace contains nothing but complete projects.
    let names = names(&server.root);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.assert_projects(&names);
}
