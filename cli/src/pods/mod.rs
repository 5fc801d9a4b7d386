//! Pods: how one is asked over HTTP, and how one is found or started at a provider.

mod client;
mod docker;
mod http;
mod runpod;

use std::path::PathBuf;
use std::time::Duration;

use podslate_shared::{ErrorBody, ProjectName};
use reqwest::Url;
use serde::Serialize;

pub use client::Client;
pub use docker::DockerCommand;
pub use runpod::RunPodApi;

use crate::secret::Secret;

/// The port that podslate serves at inside a pod.
const PORT: u16 = 8080;
/// What the names of all pods start with that this program starts.
const PREFIX: &str = "podslate-";

/// A pod of a provider, or at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pod {
    /// The provider's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The pod's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is reached.
    #[serde(serialize_with = "as_text")]
    pub url: Option<Url>,
    /// How far it is.
    #[serde(skip)]
    pub state: State,
}

/// How far a pod is. That it runs does not mean that its service answers yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being made; the provider's word for it.
    Starting(String),
    /// It runs.
    Running,
    /// It stopped, and can be started again; how it ended.
    Stopped(String),
    /// It is of no use any more; what the provider says.
    Broken(String),
}

/// What a pod is started with.
#[derive(Debug)]
pub struct Order {
    /// The project that it is to make.
    pub project: ProjectName,
    /// The token that it is to ask for.
    pub token: Secret,
    /// The folder of this machine that a pod of this machine gets.
    pub workspace: PathBuf,
}

/// Who starts pods.
pub trait Provider {
    /// Its name for people.
    const NAME: &'static str;
    /// How long a pod may still be called stopped after it was started again.
    const LAG: Duration;

    /// The pods that this program started, whoever they are for, that are not gone.
    async fn pods(&self) -> Result<Vec<Pod>, ErrorBody>;

    /// Starts a pod and returns before it is ready. If anything is unclear, it is looked for under
    /// its name before a second one is started.
    async fn start(&self, order: &Order) -> Result<Pod, ErrorBody>;

    /// Starts a pod again that stopped.
    async fn resume(&self, id: &str) -> Result<(), ErrorBody>;

    /// The pod as it is now.
    async fn look(&self, id: &str) -> Result<Pod, ErrorBody>;

    /// The last that a pod said, where the provider tells it.
    async fn last_words(&self, id: &str) -> Option<String>;

    /// How a person stops a pod.
    fn how_to_stop(&self, id: &str) -> String;

    /// What starting would do, for people.
    fn plan(&self, order: &Order) -> String;
}

/// The name of the pod that is started for a project.
pub fn pod_name(project: &ProjectName) -> String {
    format!("{PREFIX}{project}")
}

impl Pod {
    /// A pod that is only known by its address.
    pub fn at(url: Url) -> Self {
        Self {
            id: None,
            name: None,
            url: Some(url),
            state: State::Running,
        }
    }

    /// The pod's name or address, for people.
    pub fn label(&self) -> String {
        match (&self.name, &self.url) {
            (Some(name), _) => name.clone(),
            (None, Some(url)) => url.to_string(),
            (None, None) => "the pod".to_owned(),
        }
    }
}

fn as_text<S: serde::Serializer>(url: &Option<Url>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_ref().map(Url::as_str).serialize(serializer)
}
