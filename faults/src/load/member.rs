//! One of the clients that ask without a pause, and know what the answers have to be.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use podslate_shared::layout::STAGES;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::projects;
use crate::random::Random;

/// A client keeps so many projects and removes its oldest one then, so that their number stays.
const KEPT: usize = 10;
/// How many projects the page asks for first.
const PAGE: usize = 100;

/// What all clients share.
#[derive(Debug)]
pub struct Load {
    /// Their connections.
    pub client: Client,
    /// Where the projects are.
    pub workspace: PathBuf,
    /// So many were there before.
    pub projects: usize,
    /// When they stop.
    pub end: Instant,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A project.
    Create,
    /// Another name.
    Rename,
    /// The names, the first page or a search.
    List,
    /// Everything that is about one name.
    Look,
}

/// One answer.
#[derive(Debug)]
pub struct Asked {
    /// To what.
    pub kind: Kind,
    /// How long it took.
    pub time: Duration,
    /// Whether it was right.
    pub result: Result<(), String>,
}

/// What a client did.
#[derive(Debug)]
pub struct Done {
    /// All answers.
    pub asked: Vec<Asked>,
    /// How many projects of its own it leaves.
    pub own: usize,
}

struct Member {
    load: Arc<Load>,
    number: usize,
    random: Random,
    /// Names that nobody else touches, the oldest first.
    own: VecDeque<String>,
    made: usize,
    done: Vec<Asked>,
}

/// Asks until the end.
pub async fn run(load: Arc<Load>, number: usize, seed: u64) -> Done {
    let mut member = Member {
        number,
        random: Random::new(seed + number as u64),
        own: VecDeque::new(),
        made: 0,
        done: Vec::new(),
        load,
    };
    while Instant::now() < member.load.end {
        match (member.random.below(100), member.own.is_empty()) {
            (0..15, _) | (_, true) => member.create().await,
            (15..25, _) => member.rename().await,
            (25..60, _) => member.list().await,
            _ => member.look().await,
        }
        if member.own.len() > KEPT {
            member.remove_oldest().await;
        }
    }
    let own = member.own.len();
    while !member.own.is_empty() {
        member.check_oldest().await;
    }
    Done {
        asked: member.done,
        own,
    }
}

impl Member {
    async fn create(&mut self) {
        let name = self.fresh();
        let body = json!({ "project_name": name });
        let answer = self.load.client.post("/api/projects/create", &body).await;
        let is_right = |body: &Value| body["project_name"] == *name;
        if self.count(Kind::Create, answer, 201, is_right) {
            self.own.push_back(name);
        }
    }

    async fn rename(&mut self) {
        let (old, new) = (self.any_own(), self.fresh());
        let body = json!({ "old_name": old, "new_name": new });
        let answer = self.load.client.post("/rename", &body).await;
        let is_right = |body: &Value| body["old_name"] == *old && body["new_name"] == *new;
        if self.count(Kind::Rename, answer, 200, is_right) {
            self.own.retain(|name| *name != old);
            self.own.push_back(new);
        }
    }

    async fn list(&mut self) {
        let (name, projects) = (self.any_own(), self.load.projects);
        let path = match self.random.below(3) {
            0 => "/api/projects/list".to_owned(),
            1 => format!("/api/projects?limit={PAGE}"),
            _ => format!("/api/projects?limit={PAGE}&q={name}"),
        };
        let answer = self.load.client.get(&path).await;
        self.count(Kind::List, answer, 200, |body| {
            let listed = body["projects"].as_array().map_or(&[][..], Vec::as_slice);
            if !path.contains('?') {
                return listed.len() > projects && listed.iter().any(|listed| *listed == *name);
            }
            let is_whole = |project: &Value| {
                let stages = project["stages"].as_array().map_or(0, Vec::len);
                stages == STAGES.len() && project["warnings"].as_array().is_some_and(Vec::is_empty)
            };
            let is_count = match path.contains("q=") {
                true => listed.len() == 1 && listed[0]["name"] == *name,
                false => listed.len() == PAGE && body["count"].as_u64() > Some(projects as u64),
            };
            is_count && listed.iter().all(is_whole)
        });
    }

    async fn look(&mut self) {
        let (name, fresh) = (self.any_own(), self.fresh());
        let client = &self.load.client;
        let kind = self.random.below(4);
        let answer = match kind {
            0 => client.get(&format!("/api/names/{fresh}")).await,
            1 => client.get(&format!("/api/names/{name}")).await,
            2 => client.get(&format!("/api/projects/{name}")).await,
            _ => {
                let body = json!({ "project_name": name });
                client.post("/api/projects/create", &body).await
            }
        };
        let status = if kind == 3 { 409 } else { 200 };
        self.count(Kind::Look, answer, status, |body| match kind {
            0 => body["available"] == true,
            1 => body["available"] == false && body["problem"]["code"] == "name_taken",
            2 => body["project_name"] == *name && body["config"]["project_name"] == *name,
            _ => body["code"] == "name_taken",
        });
    }

    /// Counts an answer; whether it is right.
    fn count(
        &mut self,
        kind: Kind,
        answer: Result<Answer, String>,
        status: u16,
        is_right: impl Fn(&Value) -> bool,
    ) -> bool {
        let (time, result) = match answer {
            Err(error) => (Duration::ZERO, Err(error)),
            Ok(answer) if answer.status == status && is_right(&answer.body) => {
                (answer.time, Ok(()))
            }
            Ok(answer) => {
                let body: String = answer.body.to_string().chars().take(300).collect();
                (answer.time, Err(format!("{}: {body}", answer.status)))
            }
        };
        let is_good = result.is_ok();
        self.done.push(Asked { kind, time, result });
        is_good
    }

    /// Takes the oldest project out of its own and sees that it is whole.
    async fn check_oldest(&mut self) -> Option<PathBuf> {
        let name = self.own.pop_front()?;
        let workspace = self.load.workspace.clone();
        let folder = workspace.join(&name);
        let checked = tokio::task::spawn_blocking(move || projects::is_whole(&workspace, &name));
        if let Err(failure) = checked.await.unwrap_or_else(|error| Err(error.to_string())) {
            self.done.push(Asked {
                kind: Kind::Create,
                time: Duration::ZERO,
                result: Err(failure),
            });
        }
        Some(folder)
    }

    async fn remove_oldest(&mut self) {
        if let Some(folder) = self.check_oldest().await {
            let _ = tokio::task::spawn_blocking(|| std::fs::remove_dir_all(folder)).await;
        }
    }

    fn any_own(&mut self) -> String {
        let index = self.random.below(self.own.len());
        self.own.get(index).cloned().unwrap_or_default()
    }

    /// A new name, which is not on the first page, and no part of any other.
    fn fresh(&mut self) -> String {
        self.made += 1;
        format!("Made{}_{}x", self.number, self.made)
    }
}
