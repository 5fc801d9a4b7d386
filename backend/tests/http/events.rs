//! `GET /api/events`.

use std::fs;
use std::time::{Duration, Instant};

use podslate_backend::Pipeline;
use reqwest::header::{ETAG, IF_NONE_MATCH};
use serde_json::{Value, json};
use testing::PATIENCE;

use crate::server::{Server, TOKEN};

/// Time in which a client that watches sees a change by another program.
const SOON: Duration = Duration::from_millis(300);

/// A stream of events.
struct Events {
    response: reqwest::Response,
    text: String,
}

/// Name, identifier and data of an event.
type Event = (String, String, Value);

impl Events {
    async fn open(server: &Server, last: Option<&str>) -> Self {
        let mut request = server.request("/api/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("x-accel-buffering"), "no");
        assert!(!response.headers().contains_key("content-encoding"));
        let text = String::new();
        Self { response, text }
    }

    /// The next event; `None` when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().to_owned()
                };
                let data = field("data: ");
                let (name, id) = (field("event: "), field("id: "));
                if name == "reset" {
                    assert_eq!(field("retry: "), "500");
                }
                self.text = rest.to_owned();
                if !name.is_empty() {
                    let data = serde_json::from_str(&data).expect("JSON");
                    return Some((name, id, data));
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("an event in time").expect("a stream")?;
            self.text += str::from_utf8(&chunk).expect("UTF-8");
        }
    }

    async fn change(&mut self) -> (String, Value) {
        let (name, id, data) = self.next().await.expect("an event");
        assert_eq!(name, "change", "{data}");
        (id, data)
    }
}

impl Events {
    /// Waits until a project has changed so that a condition holds.
    async fn change_of(&mut self, name: &str, holds: impl Fn(&Value) -> bool) {
        loop {
            let (_, change) = self.change().await;
            let changed = change["changed"].as_array().expect("a list");
            if changed
                .iter()
                .any(|project| project["name"] == name && holds(project))
            {
                return;
            }
        }
    }
}

fn names(change: &Value, field: &str) -> Vec<String> {
    let names = change[field].as_array().expect("a list").iter();
    let text = |name: &Value| name.as_str().or(name["name"].as_str()).map(str::to_owned);
    names.map(|name| text(name).expect("a name")).collect()
}

#[tokio::test]
async fn a_change_by_anyone_is_told_at_once() {
    let server = Server::start().await;
    let mut events = Events::open(&server, None).await;
    let (name, _, data) = events.next().await.expect("an event");
    assert_eq!((name.as_str(), data), ("reset", json!({"revision": 0})));

    server.create(&["Alpha"]).await;
    let (_, change) = events.change().await;
    assert_eq!(names(&change, "added"), ["Alpha"], "{change}");
    assert_eq!(change["changed"], json!([]));

    let made = Instant::now();
    fs::create_dir_all(server.root.join("Beta/0_input")).unwrap();
    let (_, change) = events.change().await;
    assert_eq!(names(&change, "added"), ["Beta"], "{change}");
    assert!(made.elapsed() < SOON, "{:?}", made.elapsed());

    let (status, list) = server.get("/api/projects").await;
    assert_eq!((status, &list["revision"]), (200, &change["revision"]));
    // Listed, so its files are counted, and reported from now on.
    events
        .change_of("Beta", |project| project["state"].is_null())
        .await;
    fs::write(server.root.join("Beta/0_input/mesh.fbx"), "").unwrap();
    events
        .change_of("Beta", |project| project["stages"][0]["files"] == 1)
        .await;

    fs::rename(server.root.join("Beta"), server.root.join("Gamma")).unwrap();
    let (_, change) = events.change().await;
    assert_eq!(
        (names(&change, "added"), names(&change, "removed")),
        (vec!["Gamma".into()], vec!["Beta".into()])
    );
}

#[tokio::test]
async fn a_client_that_comes_back_is_told_what_it_missed() {
    let server = Server::start().await;
    let mut events = Events::open(&server, None).await;
    events.next().await.expect("a reset");
    server.create(&["Alpha"]).await;
    let (id, _) = events.change().await;
    drop(events);
    server.create(&["Beta", "Gamma"]).await;
    fs::remove_dir_all(server.root.join("Beta")).unwrap();
    server.list_when(|body| body["count"] == 2).await;

    let mut events = Events::open(&server, Some(&id)).await;
    let (next, change) = events.change().await;
    assert_eq!(names(&change, "added"), ["Gamma"]);
    assert_eq!(names(&change, "removed"), [""; 0]);
    drop(events);
    // Nothing is missed any more: only something new is told.
    let mut events = Events::open(&server, Some(&next)).await;
    server.create(&["Delta"]).await;
    loop {
        let (_, change) = events.change().await;
        assert!(!names(&change, "added").contains(&"Gamma".to_owned()));
        if names(&change, "added").contains(&"Delta".to_owned()) {
            break;
        }
    }

    for unknown in ["1-1", &format!("{next}9"), "", "-", "ä"] {
        let mut events = Events::open(&server, Some(unknown)).await;
        assert_eq!(
            events.next().await.expect("an event").0,
            "reset",
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn too_many_changes_are_a_reset() {
    let server = Server::start().await;
    let mut events = Events::open(&server, None).await;
    let (_, id, _) = events.next().await.expect("a reset");
    drop(events);
    for number in 0..300 {
        fs::create_dir_all(server.root.join(format!("p{number}/0_input"))).unwrap();
    }
    server.list_when(|body| body["count"] == 300).await;
    let mut events = Events::open(&server, Some(&id)).await;
    assert_eq!(events.next().await.expect("an event").0, "reset");
}

#[tokio::test]
async fn the_pipeline_is_told_with_its_output() {
    let mut pipeline = None;
    let server = Server::start_with(|config| {
        let command = ["sh", "-c", "echo first; read line"]
            .map(Into::into)
            .to_vec();
        let new = Pipeline::new(command, config.workspace.root().to_owned(), None, None);
        config.pipeline = Some(new.clone());
        pipeline = Some(new);
    })
    .await;
    server.create(&["Alpha"]).await;
    let mut events = Events::open(&server, None).await;
    events.next().await.expect("a reset");
    let (name, _, status) = events.next().await.expect("an event");
    assert_eq!(
        (name.as_str(), &status["state"]),
        ("pipeline", &json!("not_started"))
    );
    let start = json!({"project_name": "Alpha"});
    assert_eq!(server.post("/api/pipeline/restart", &start).await.0, 200);
    loop {
        let (name, _, status) = events.next().await.expect("an event");
        if name == "pipeline" && status["lines"] == 1 && status["state"] == "exited" {
            break;
        }
    }
}

#[tokio::test]
async fn streams_end_with_the_server_and_need_the_token() {
    let mut server = Server::with_token().await;
    let refused = server.get("/api/events").await;
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (401, &json!("unauthorized"))
    );
    let request = server.request("/api/events").bearer_auth(TOKEN);
    let mut response = request.send().await.expect("a response");
    assert_eq!(response.status(), 200);
    assert!(response.chunk().await.expect("a stream").is_some());
    let asked = Instant::now();
    server.send_stop();
    while let Some(_event) = response.chunk().await.expect("a clean end") {}
    (&mut server.ended)
        .await
        .expect("no panic")
        .expect("no error");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn an_unchanged_list_is_not_sent_again_and_a_long_one_is_compressed() {
    let server = Server::start().await;
    server.create(&["Alpha", "Beta", "Delta", "Epsilon"]).await;
    let is_counted = |body: &Value| body["projects"][3]["state"].is_null();
    let list = server.list_when(is_counted).await;
    let get = |etag: Option<String>| {
        let mut request = server.request("/api/projects");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        async { request.send().await.expect("a response") }
    };
    // Files are still being counted at first.
    let start = Instant::now();
    let etag = loop {
        let response = get(None).await;
        let etag = response.headers()[ETAG].to_str().expect("text").to_owned();
        let response = get(Some(etag.clone())).await;
        if response.status() == 304 {
            assert_eq!(response.headers()[ETAG], etag.as_str());
            assert_eq!(response.bytes().await.expect("a body").len(), 0);
            break etag;
        }
        assert!(start.elapsed() < PATIENCE);
    };
    server.create(&["Gamma"]).await;
    let response = get(Some(etag)).await;
    assert_eq!(response.status(), 200);

    let plain = serde_json::to_vec(&list).expect("JSON").len();
    for encoding in ["gzip", "br"] {
        let request = server
            .request("/api/projects")
            .header("accept-encoding", encoding);
        let response = request.send().await.expect("a response");
        assert_eq!(response.headers()["content-encoding"], encoding);
        let size = response.bytes().await.expect("a body").len();
        assert!(size < plain / 3, "{encoding}: {size} of {plain}");
    }
}
