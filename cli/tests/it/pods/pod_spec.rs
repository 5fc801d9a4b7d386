//! Schema of the pod that RunPod is asked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A pod as RunPod reads it from a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "the fields are there to be checked")]
pub struct PodSpec {
    /// Name of the pod.
    pub name: String,
    image: String,
    gpu: Option<Gpu>,
    cpu: Option<Cpu>,
    /// Environment of the pod.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
    disk: Option<u32>,
    cloud: Option<Cloud>,
    data_center_ids: Option<Vec<String>>,
    mounts: Option<Mounts>,
    args: Option<String>,
    registry: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the fields are there to be checked")]
struct Gpu {
    id: String,
    count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[allow(dead_code, reason = "the fields are there to be checked")]
struct Cpu {
    id: String,
    vcpu_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Cloud {
    Secure,
    Community,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mounts {
    network: Option<Vec<Network>>,
    persistent: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Network {
    #[serde(rename = "volumeId")]
    volume: String,
    path: String,
}

impl PodSpec {
    /// Checks the rules that the schema does not have.
    pub fn check(&self) -> Result<(), &'static str> {
        let port = |port: &String| {
            port.split_once('/').is_some_and(|(number, kind)| {
                number.parse::<u16>().is_ok() && ["http", "tcp"].contains(&kind)
            })
        };
        let networks = self
            .mounts
            .iter()
            .flat_map(|mounts| mounts.network.iter().flatten());
        let networks: Vec<&Network> = networks.collect();
        let is_persistent = self
            .mounts
            .as_ref()
            .is_some_and(|mounts| mounts.persistent.is_some());
        match () {
            () if self.name.is_empty() || self.image.is_empty() => {
                Err("name and image are required")
            }
            () if self.gpu.is_some() == self.cpu.is_some() => Err("exactly one of gpu and cpu"),
            () if self.gpu.as_ref().is_some_and(|gpu| gpu.count == 0) => Err("gpu.count"),
            () if self.env.len() > 50 => Err("at most 50 environment variables"),
            () if !self.ports.iter().all(port) => Err("ports"),
            () if self.disk == Some(0) => Err("disk"),
            () if networks.len() > 1 || (is_persistent && !networks.is_empty()) => Err("mounts"),
            () if networks
                .iter()
                .any(|one| one.volume.is_empty() || one.path.is_empty()) =>
            {
                Err("mounts.network")
            }
            () => Ok(()),
        }
    }
}
