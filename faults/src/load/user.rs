//! User that sends requests without a pause and knows the right responses.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use fastrand::Rng;
use podslate_shared::layout::STAGES;
use serde_json::{Value, json};

use super::client::{Client, Response};
use super::projects;

/// Maximum number of projects that a user keeps; the oldest is removed then, so that the number of
/// projects stays the same.
const KEPT: usize = 10;
/// Number of projects on the first page of the list.
const PAGE: usize = 100;

/// Everything that the users share.
#[derive(Debug)]
pub struct Shared {
    /// Their connections.
    pub client: Client,
    /// The workspace.
    pub workspace: PathBuf,
    /// Number of projects that existed before.
    pub projects: usize,
    /// When they stop.
    pub end: Instant,
}

/// Kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Creates a project.
    Create,
    /// Renames a project.
    Rename,
    /// Reads the names, the first page or a search.
    List,
    /// Reads everything about one name.
    Read,
}

/// A request and what came of it.
#[derive(Debug)]
pub struct Request {
    /// Kind of the request.
    pub kind: Kind,
    /// Time until the response.
    pub time: Duration,
    /// Whether the response was right.
    pub result: Result<()>,
}

struct User {
    shared: Arc<Shared>,
    number: usize,
    rng: Rng,
    /// Names that nobody else changes, the oldest first.
    own: VecDeque<String>,
    created: usize,
    requests: Vec<Request>,
}

/// Sends requests until the end; all of them, and the number of projects that stay.
pub async fn run(shared: Arc<Shared>, number: usize, seed: u64) -> (Vec<Request>, usize) {
    let mut user = User {
        number,
        rng: Rng::with_seed(seed.wrapping_add(number as u64)),
        own: VecDeque::new(),
        created: 0,
        requests: Vec::new(),
        shared,
    };
    while Instant::now() < user.shared.end {
        match (user.rng.u8(..100), user.own.is_empty()) {
            (0..15, _) | (_, true) => user.create().await,
            (15..25, _) => user.rename().await,
            (25..60, _) => user.list().await,
            _ => user.read().await,
        }
        if user.own.len() > KEPT
            && let Some(dir) = user.check_oldest().await
        {
            let _ = tokio::task::spawn_blocking(|| std::fs::remove_dir_all(dir)).await;
        }
    }
    let own = user.own.len();
    while user.check_oldest().await.is_some() {}
    (user.requests, own)
}

impl User {
    async fn create(&mut self) {
        let name = self.new_name();
        let body = json!({ "project_name": name });
        let response = self.shared.client.post("/api/projects/create", &body).await;
        let is_right = |body: &Value| body["project_name"] == *name;
        if self.count(Kind::Create, response, 201, is_right) {
            self.own.push_back(name);
        }
    }

    async fn rename(&mut self) {
        let (old, new) = (self.any_own(), self.new_name());
        let body = json!({ "old_name": old, "new_name": new });
        let response = self.shared.client.post("/rename", &body).await;
        let is_right = |body: &Value| body["old_name"] == *old && body["new_name"] == *new;
        if self.count(Kind::Rename, response, 200, is_right) {
            self.own.retain(|name| *name != old);
            self.own.push_back(new);
        }
    }

    async fn list(&mut self) {
        let (name, projects) = (self.any_own(), self.shared.projects);
        let path = match self.rng.u8(..3) {
            0 => "/api/projects/list".to_owned(),
            1 => format!("/api/projects?limit={PAGE}"),
            _ => format!("/api/projects?limit={PAGE}&q={name}"),
        };
        let response = self.shared.client.get(&path).await;
        self.count(Kind::List, response, 200, |body| {
            let listed = body["projects"].as_array().map_or(&[][..], Vec::as_slice);
            if !path.contains('?') {
                return listed.len() > projects && listed.iter().any(|listed| *listed == *name);
            }
            let is_complete = |project: &Value| {
                let stages = project["stages"].as_array().map_or(0, Vec::len);
                stages == STAGES.len() && project["warnings"].as_array().is_some_and(Vec::is_empty)
            };
            let is_right = if path.contains("q=") {
                listed.len() == 1 && listed[0]["name"] == *name
            } else {
                listed.len() == PAGE && body["count"].as_u64() > Some(projects as u64)
            };
            is_right && listed.iter().all(is_complete)
        });
    }

    async fn read(&mut self) {
        let (name, new) = (self.any_own(), self.new_name());
        let client = &self.shared.client;
        let variant = self.rng.u8(..4);
        let response = match variant {
            0 => client.get(&format!("/api/names/{new}")).await,
            1 => client.get(&format!("/api/names/{name}")).await,
            2 => client.get(&format!("/api/projects/{name}")).await,
            _ => {
                let body = json!({ "project_name": name });
                client.post("/api/projects/create", &body).await
            }
        };
        let status = if variant == 3 { 409 } else { 200 };
        self.count(Kind::Read, response, status, |body| match variant {
            0 => body["available"] == true,
            1 => body["available"] == false && body["problem"]["code"] == "name_taken",
            2 => body["project_name"] == *name && body["config"]["project_name"] == *name,
            _ => body["code"] == "name_taken",
        });
    }

    /// Records a request; whether the response is right.
    fn count(
        &mut self,
        kind: Kind,
        response: Result<Response>,
        status: u16,
        is_right: impl Fn(&Value) -> bool,
    ) -> bool {
        let time = response
            .as_ref()
            .map_or(Duration::ZERO, |response| response.time);
        let result = response.and_then(|response| {
            if response.status == status && is_right(&response.body) {
                return Ok(());
            }
            bail!("{}: {:.300}", response.status, response.body.to_string())
        });
        let is_good = result.is_ok();
        self.requests.push(Request { kind, time, result });
        is_good
    }

    /// Takes the oldest project out of the own ones and checks that it is complete; its directory.
    async fn check_oldest(&mut self) -> Option<PathBuf> {
        let name = self.own.pop_front()?;
        let workspace = self.shared.workspace.clone();
        let dir = workspace.join(&name);
        let check = move || projects::ensure_new(&workspace, &name);
        let checked = tokio::task::spawn_blocking(check).await;
        if let Err(failure) = checked.unwrap_or_else(|error| Err(error.into())) {
            self.requests.push(Request {
                kind: Kind::Create,
                time: Duration::ZERO,
                result: Err(failure),
            });
        }
        Some(dir)
    }

    fn any_own(&mut self) -> String {
        let name = self.rng.choice(&self.own);
        name.cloned().unwrap_or_default()
    }

    /// A new name, which is not on the first page and not a part of any other name.
    fn new_name(&mut self) -> String {
        self.created += 1;
        format!("Made{}_{}x", self.number, self.created)
    }
}
