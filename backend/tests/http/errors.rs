//! Every described error, provoked; [`Server::send`] asserts that no other one occurs.

use std::collections::BTreeSet;
use std::fs;

use podslate_backend::Pipeline;
use podslate_backend::pipeline::Signal;
use podslate_shared::FolderName;
use reqwest::Method;

use crate::described::Pair;
use crate::server::Server;

const JSON: (&str, &str) = ("content-type", "application/json");

/// End of the name of operations, a code that cannot be provoked for them, and the reason.
const NOT_PROVOKED: [(&str, &str, &str); 7] = [
    ("", "internal", "requires a bug"),
    ("", "io_failed", "requires a broken disk"),
    ("", "timed_out", "requires an operation of 30 seconds"),
    ("", "resources_missing", "requires a machine without memory"),
    (
        "",
        "unsupported",
        "requires a file system that cannot rename",
    ),
    (
        "rename",
        "in_use",
        "only Windows refuses to rename what is open; the tests with Wine provoke it",
    ),
    (
        "rename",
        "disk_full",
        "a rename requires no space in memory",
    ),
];
/// Codes that need a mount.
const MOUNTED: [&str; 3] = ["disk_full", "mounted", "workspace_read_only"];

/// The pairs of operation and code that were observed.
#[derive(Default)]
struct Observed(BTreeSet<Pair>);

impl Observed {
    /// Sends a valid request to an operation and records its error.
    async fn send(&mut self, server: &Server, operation: &str, headers: &[(&str, &str)]) {
        let body = body_of(operation);
        self.send_body(server, operation, headers, body).await;
    }

    /// Sends any body and returns the code of the error, which is recorded.
    async fn send_body(
        &mut self,
        server: &Server,
        operation: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Option<String> {
        let (method, path) = operation.split_once(' ').expect("a method");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let path = path.replace("{name}", "Alpha");
        let response = server.send(method.clone(), &path, headers, body).await;
        let pair = server.description.assert_lists(&method, &path, &response)?;
        self.0.insert(pair.clone());
        Some(pair.1)
    }

    /// Sends a request to each operation.
    async fn send_all(&mut self, server: &Server, headers: &[(&str, &str)]) {
        for operation in server.description.operations() {
            self.send(server, operation, headers).await;
        }
    }

    /// Sends a request and asserts the code of its error.
    async fn provoke(&mut self, server: &Server, request: (&str, &str), code: &str) {
        let (operation, body) = request;
        let body = (!body.is_empty()).then_some(body);
        let observed = self.send_body(server, operation, &[JSON], body).await;
        assert_eq!(observed.as_deref(), Some(code), "{operation}");
    }
}

/// A valid body, for the operations that have one.
fn body_of(operation: &str) -> Option<&'static str> {
    match operation {
        "POST /api/projects/create" => Some(r#"{"project_name":"Beta"}"#),
        "POST /rename" => Some(r#"{"old_name":"Alpha","new_name":"Gamma"}"#),
        "POST /api/projects/{name}/rename" => Some(r#"{"new_name":"Gamma"}"#),
        "POST /api/pipeline/restart" => Some(r#"{"project_name":"Alpha"}"#),
        "POST /api/session/login" => Some(r#"{"token":"wrong"}"#),
        _ => None,
    }
}

/// Starts a server with a pipeline that can be started in the project `Alpha`.
async fn with_pipeline(command: &[&str]) -> (Server, Pipeline) {
    let mut started = None;
    let server = Server::start_with(|config| {
        let command = command.iter().map(Into::into).collect();
        let root = config.workspace.root().to_owned();
        let pipeline = Pipeline::new(command, root, None, None);
        started = Some(pipeline.clone());
        config.pipeline = Some(pipeline);
    })
    .await;
    server.create(&["Alpha"]).await;
    (server, started.expect("a pipeline"))
}

#[tokio::test]
async fn every_described_error_can_be_provoked_or_has_a_reason_why_not() {
    let mut observed = Observed::default();
    checks(&mut observed).await;
    bodies_and_names(&mut observed).await;
    workspace(&mut observed).await;
    pipeline(&mut observed).await;
    let is_mounted = mounted(&mut observed).await;

    let server = Server::start().await;
    let described = server.description.pairs();
    let has_reason = |(operation, code): &Pair| {
        let mut reasons = NOT_PROVOKED.iter();
        reasons.any(|(end, listed, _)| operation.ends_with(end) && listed == code)
            || !is_mounted && MOUNTED.contains(&code.as_str())
    };
    let missing = described.difference(&observed.0);
    let missing: Vec<&Pair> = missing.filter(|pair| !has_reason(pair)).collect();
    assert!(missing.is_empty(), "described, never observed: {missing:?}");
    let outdated: Vec<&Pair> = observed.0.iter().filter(|pair| has_reason(pair)).collect();
    assert!(
        outdated.is_empty(),
        "observed despite a reason: {outdated:?}"
    );
}

/// The checks of host, token and session.
async fn checks(observed: &mut Observed) {
    let server = Server::with_token().await;
    observed
        .send_all(&server, &[JSON, ("host", "evil.example")])
        .await;
    observed.send_all(&server, &[JSON]).await;
    let wrong = [JSON, ("authorization", "Bearer wrong")];
    for _ in 0..12 {
        observed.send(&server, "GET /api/pipeline", &wrong).await;
    }
    observed.send_all(&server, &wrong).await;
    server.assert_projects(&[]);
}

async fn bodies_and_names(observed: &mut Observed) {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    let large = " ".repeat(20_000);
    for operation in server.description.operations() {
        if body_of(operation).is_some() {
            for (headers, body) in [(&[][..], "{}"), (&[JSON], "{"), (&[JSON], &large)] {
                let body = Some(body);
                observed.send_body(&server, operation, headers, body).await;
            }
        }
    }
    let create = "POST /api/projects/create";
    for (request, code) in [
        (("GET /api/projects?limit=ten", ""), "request_invalid"),
        (
            ("GET /api/projects?sort=created&after=No", ""),
            "project_not_found",
        ),
        (("GET /api/pipeline/log?after=ten", ""), "request_invalid"),
        (("GET /api/names/%FF", ""), "request_invalid"),
        (("GET /api/projects/%FF", ""), "request_invalid"),
        (("GET /api/projects/.a", ""), "name_invalid"),
        (("GET /api/projects/No", ""), "project_not_found"),
        (("GET /api/projects/create", ""), "project_not_found"),
        ((create, r#"{"project_name":"a"}"#), "name_invalid"),
        ((create, r#"{"project_name":"Alpha"}"#), "name_taken"),
        ((create, r#"{"project_name":"ALPHA"}"#), "case_twin"),
        (
            ("POST /api/pipeline/restart", r#"{"project_name":".a"}"#),
            "name_invalid",
        ),
        (
            ("POST /rename", r#"{"old_name":".a","new_name":"Beta"}"#),
            "name_invalid",
        ),
        (
            ("POST /api/projects/.a/rename", r#"{"new_name":"Beta"}"#),
            "name_invalid",
        ),
    ] {
        observed.provoke(&server, request, code).await;
    }
    assert_eq!(server.tree(), before);
}

async fn workspace(observed: &mut Observed) {
    let server = Server::start().await;
    server.create(&["Alpha", "Broken", "Taken"]).await;
    fs::write(server.root.join("Broken/pipeline/config.json"), "{").unwrap();
    fs::create_dir(server.root.join("Empty")).unwrap();
    let before = server.tree();
    for (old, new, code) in [
        ("No", "New", "project_not_found"),
        ("Alpha", "Taken", "name_taken"),
        ("Alpha", "TAKEN", "case_twin"),
        ("Empty", "New", "not_a_project"),
        ("Broken", "New", "config_invalid"),
    ] {
        let body = format!(r#"{{"old_name":"{old}","new_name":"{new}"}}"#);
        observed
            .provoke(&server, ("POST /rename", &body), code)
            .await;
        let operation = format!("POST /api/projects/{old}/rename");
        observed.provoke(&server, (&operation, &body), code).await;
    }
    assert_eq!(server.tree(), before);

    let body = r#"{"old_name":"Alpha","new_name":"Moved"}"#;
    assert_eq!(
        observed
            .send_body(&server, "POST /rename", &[JSON], Some(body))
            .await,
        None
    );
    for operation in [
        "GET /api/projects/{name}",
        "POST /rename",
        "POST /api/projects/{name}/rename",
    ] {
        let observed = observed.send(&server, operation, &[JSON]);
        observed.await;
    }

    fs::remove_dir_all(&server.root).unwrap();
    observed.send_all(&server, &[JSON]).await;
}

async fn pipeline(observed: &mut Observed) {
    let server = Server::start().await;
    observed.send_all(&server, &[JSON]).await;

    let (server, pipeline) = with_pipeline(&["sleep", "60"]).await;
    let restart = "POST /api/pipeline/restart";
    let none = (restart, "{}");
    observed
        .provoke(&server, none, "pipeline_without_project")
        .await;
    let missing = (restart, r#"{"project_name":"No"}"#);
    observed
        .provoke(&server, missing, "project_not_found")
        .await;
    pipeline
        .start(FolderName::parse("Alpha").ok())
        .await
        .expect("a start");
    for operation in ["POST /rename", "POST /api/projects/{name}/rename"] {
        observed.send(&server, operation, &[JSON]).await;
    }
    pipeline.stop(Signal::Kill).await;
    server.assert_projects(&["Alpha"]);
    fs::remove_dir_all(&server.root).unwrap();
    observed.send(&server, restart, &[JSON]).await;

    let (server, _) = with_pipeline(&["no-such-program"]).await;
    observed.send(&server, restart, &[JSON]).await;
}

/// A read-only and a full workspace. Returns whether this machine allows mounts.
#[cfg(target_os = "linux")]
async fn mounted(observed: &mut Observed) -> bool {
    use crate::mount::Mount;

    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let Some(mount) = Mount::bind(&server.root) else {
        return false;
    };
    mount.make_read_only();
    observed.send_all(&server, &[JSON]).await;

    let home = tempfile::tempdir().expect("a folder");
    let mount = Mount::limited(home.path(), "nr_inodes=60");
    let server = Server::start_at(home.path().to_owned(), |_| {}).await;
    server.create(&["Alpha"]).await;
    let project = Mount::bind(&server.root.join("Alpha"));
    observed.send_all(&server, &[JSON]).await;
    mount.is_some() && project.is_some()
}

#[cfg(not(target_os = "linux"))]
async fn mounted(_observed: &mut Observed) -> bool {
    false
}
