//! A pod, and what it is created from.

use std::path::PathBuf;

use podslate_shared::ProjectName;
use reqwest::Url;
use serde::Serialize;

use crate::secret::Secret;

/// Prefix of the name of every pod that this program starts.
pub const PREFIX: &str = "podslate-";

/// A pod of a provider, or at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
        }
    }

    /// Name of the pod that is started for a project.
    pub fn name_for(project: &ProjectName) -> String {
        Self::name_of(project.as_str())
    }

    /// The same for the text of a name that a provider keeps.
    pub fn name_of(project: &str) -> String {
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
