//! A pod, and what it is created from.

use std::path::PathBuf;

use podslate_shared::ProjectName;
use reqwest::Url;
use serde::Serialize;

use crate::secret::Secret;

/// Prefix of the name of every pod that this program starts.
pub const PREFIX: &str = "podslate-";

/// A pod of a provider, or at an address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pod {
    /// The provider's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of the server.
    #[serde(serialize_with = "as_text")]
    pub url: Option<Url>,
    #[serde(skip)]
    pub state: PodState,
    /// Project that it was started for.
    #[serde(skip)]
    pub project: Option<String>,
    /// Time of its creation, in the form of RFC 3339.
    #[serde(skip)]
    pub created: Option<String>,
    /// What it costs while it runs, if it does.
    #[serde(skip)]
    pub cost: Option<Cost>,
    /// Whether its projects are there after it was stopped.
    #[serde(skip)]
    pub keeps_projects: bool,
}

/// Cost of a running pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// US dollars.
    pub per_hour: f64,
    /// Time of its last start, in the form of RFC 3339.
    pub since: Option<String>,
}

/// State of a pod; the smaller it is, the sooner the pod can be used. The server of a running pod
/// may not respond yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodState {
    Running,
    /// It is being created; the provider's word for it.
    Starting(String),
    /// It has stopped and can be started again; how it ended.
    Stopped(String),
    /// It cannot be used any more; the reason.
    Broken(String),
}

/// What a pod is created from.
#[derive(Debug)]
pub struct PodSpec {
    pub project: ProjectName,
    /// Token that the pod's server requires.
    pub token: Secret,
    /// Folder of this machine that a pod on this machine gets as its workspace.
    pub workspace: PathBuf,
    /// Whether the pod may lose its projects when it stops.
    pub is_ephemeral: bool,
}

impl Pod {
    /// A pod that is known only by its address.
    pub fn at(url: Url) -> Self {
        Self {
            id: None,
            name: None,
            url: Some(url),
            state: PodState::Running,
            project: None,
            created: None,
            cost: None,
            keeps_projects: true,
        }
    }

    /// Name of the pod that is started for a project.
    pub fn name_for(project: &ProjectName) -> String {
        format!("{PREFIX}{project}")
    }

    /// Project in the name of a pod.
    pub fn project_of(name: &str) -> Option<String> {
        name.strip_prefix(PREFIX).map(str::to_owned)
    }

    /// What commands call the pod, of which there is no second one.
    pub fn handle(&self) -> &str {
        let handle = self.id.as_deref().or(self.name.as_deref());
        handle.unwrap_or_default()
    }

    /// Command that stops the pod.
    pub fn stop_command(&self) -> String {
        format!("podslate stop {}", self.handle())
    }

    /// Name or address of the pod, for people.
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
