//! The token, which the pipeline must not find.

use std::fs;

use serde_json::Value;
use testing::{PATIENCE, http, wait_for};

use super::pod::Pod;

const TOKEN: &str = "Canary7Core0Xq93Lm52Tz";

/// Prints the environment of every process above, and that of the command itself.
const SCRIPT: &str = r#"
    id=$$
    while [ "$id" -gt 1 ]; do
        echo "process $id $(tr '\0' ' ' < /proc/$id/environ)"
        read stat < /proc/$id/stat
        set -- ${stat##*) }
        id=$2
        if [ "$(readlink /proc/$id/exe)" = "$LAST" ]; then break; fi
    done
    echo done
    sleep 600
"#;

#[test]
fn no_process_that_podslate_started_has_the_token_in_its_environment() {
    let home = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let env = [
        ("PROJECT_NAME", "Robot"),
        ("PODSLATE_TOKEN", TOKEN),
        ("LAST", test.to_str().unwrap()),
    ];
    let pod = Pod::start(home.path(), &env, SCRIPT);
    let request = format!(
        "GET /api/pipeline/log HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: Bearer {TOKEN}\r\n\r\n"
    );
    let log = wait_for(PATIENCE, || {
        let response = http::send(pod.server.address(), &request).ok()?;
        let (_, body) = response.split_once("\r\n\r\n")?;
        let body: Value = serde_json::from_str(body).ok()?;
        let lines = body["lines"].as_array()?.clone();
        let lines: Vec<_> = lines.iter().map(|line| line["text"].to_string()).collect();
        lines
            .iter()
            .any(|line| line.contains("done"))
            .then_some(lines)
    });
    let log = log.expect("the environments");
    for id in [pod.server.child.id(), pod.server.process()] {
        let line = format!("process {id} ");
        assert!(
            log.iter().any(|text| text.contains(&line)),
            "{line} is not in {log:?}"
        );
        // The test's user may read it, so what is there would be found.
        let environ = fs::read_to_string(format!("/proc/{id}/environ")).unwrap();
        assert!(environ.contains("PROJECT_NAME=Robot") && !environ.contains(TOKEN));
    }
    assert!(log.iter().any(|text| text.contains("PROJECT_NAME=Robot")));
    assert!(!log.concat().contains(TOKEN), "{log:?}");
}
