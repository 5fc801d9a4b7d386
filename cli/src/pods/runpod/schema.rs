//! What RunPod's API v2 reads and writes, as its published description has it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Body of the request that creates a pod.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePod {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    pub env: BTreeMap<String, String>,
    pub ports: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<CreateGpu>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CreateCpu>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_center_ids: Vec<String>,
    #[serde(skip_serializing_if = "Mounts::is_empty")]
    pub mounts: Mounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateGpu {
    pub id: String,
    pub count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cuda_version: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCpu {
    pub id: String,
    pub vcpu_count: u32,
}

/// Storage that outlasts a stop.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mounts {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<NetworkMount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent: Option<PersistentMount>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkMount {
    pub volume_id: String,
    pub path: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PersistentMount {
    /// Size in GB.
    pub size: u32,
    pub path: String,
}

impl Mounts {
    pub fn is_empty(&self) -> bool {
        self.network.is_empty() && self.persistent.is_none()
    }
}

/// A pod in a response; only what is used of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    pub id: String,
    pub status: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub env: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub mounts: Option<Mounts>,
    /// US dollars an hour.
    #[serde(default)]
    pub cost: Option<f64>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub started_at: Option<String>,
}

/// A page of the list of pods.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodList {
    pub pods: Vec<serde_json::Value>,
    /// The published description has no second page; clients report a cursor.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// The kinds of graphics cards.
#[derive(Debug, Deserialize)]
pub struct GpuList {
    pub gpus: Vec<GpuType>,
}

#[derive(Debug, Deserialize)]
pub struct GpuType {
    pub id: String,
    pub price: Price,
    /// Stock: `NONE`, `LOW`, `MEDIUM` or `HIGH`.
    #[serde(default)]
    pub availability: Option<String>,
}

/// US dollars an hour for one card.
#[derive(Debug, Deserialize)]
pub struct Price {
    pub secure: f64,
    pub community: f64,
}

/// A line of a pod's log.
#[derive(Debug, Deserialize)]
pub struct LogLine {
    pub line: String,
}
