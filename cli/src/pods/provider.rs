//! The interface of providers.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;

use super::pod::{Pod, PodSpec};
use crate::error::Result;

/// Provider of pods.
#[async_trait]
pub trait Provider: Sync {
    /// Name for people.
    fn name(&self) -> &'static str;

    /// Time during which a pod may still be reported as stopped after it was started again.
    fn restart_grace(&self) -> Duration {
        Duration::ZERO
    }

    /// The pods that this program started, for any project, and that still exist.
    async fn pods(&self) -> Result<Vec<Pod>>;

    /// Starts a pod and returns before it is ready. If the outcome is unclear, it looks for the pod
    /// by its name, so that no second one is started.
    async fn start(&self, spec: &PodSpec) -> Result<Pod>;

    /// Starts a stopped pod again.
    async fn resume(&self, id: &str) -> Result<()>;

    /// The current state of a pod.
    async fn get(&self, id: &str) -> Result<Pod>;

    /// Address of a running pod's server for this command; `None` if there is none yet.
    async fn open(&self, pod: &Pod) -> Result<Option<Url>> {
        Ok(pod.url.clone())
    }

    /// The last `lines` lines of a pod's log.
    async fn log(&self, id: &str, lines: usize) -> Result<String>;

    /// Stops a pod, and returns when it has stopped or will.
    async fn stop(&self, id: &str) -> Result<()>;

    /// Removes a pod that ended while it started; whether nothing of it is left.
    async fn discard(&self, _id: &str) -> bool {
        false
    }

    /// How to replace a pod that was started before and does not start again.
    fn renewal(&self, _id: &str) -> Option<String> {
        None
    }

    /// Command that makes a pod without an address reachable from this machine.
    fn access(&self, _pod: &Pod) -> Option<String> {
        None
    }

    /// What `start` would do, for people.
    async fn plan(&self, spec: &PodSpec) -> Result<String>;
}
