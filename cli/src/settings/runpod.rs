//! `[runpod]` in the settings file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::defaults::PORT;

/// Smallest persistent disk, in GB.
const MIN_PERSISTENT: u32 = 10;

/// Pods of RunPod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPod {
    /// Image, which serves podslate at port 8080. Required without a template.
    pub image: Option<String>,
    /// RunPod's identifier of a template, whose settings those here replace.
    pub template: Option<String>,
    /// Graphics cards. Either these or `cpu`.
    pub gpu: Option<Gpu>,
    /// Processors of a pod without graphics cards.
    pub cpu: Option<Cpu>,
    /// Size of the container's disk, in GB.
    pub disk: Option<u32>,
    /// `SECURE` or `COMMUNITY`.
    pub cloud: Option<String>,
    /// Data centers that the pod may be in.
    #[serde(default)]
    pub data_centers: Vec<String>,
    /// Network volume that keeps the workspace.
    pub volume: Option<Volume>,
    /// Disk of the pod's machine that keeps the workspace while the pod is stopped.
    pub persistent: Option<Persistent>,
    /// Further ports of the pod, such as `22/tcp`.
    #[serde(default)]
    pub ports: Vec<String>,
    /// RunPod's identifier of the credentials for the image's registry.
    pub registry: Option<String>,
    /// Arguments of the image's entry point.
    pub args: Option<String>,
    /// Name of RunPod's secret that holds the pod's token.
    pub token_secret: Option<String>,
    /// File that holds the API key, for when `RUNPOD_API_KEY` is not set.
    pub api_key_file: Option<PathBuf>,
    /// Further environment variables of the pod.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// Graphics cards of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// RunPod's identifiers of the types, in order of preference.
    pub ids: Vec<String>,
    /// Number of cards. Default: 1.
    pub count: Option<u32>,
    /// Lowest version of CUDA that the pod's machine may have, such as `12.4`.
    pub min_cuda: Option<String>,
}

/// Processors of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// RunPod's identifier of the flavor.
    pub id: String,
    /// Number of virtual processors.
    pub vcpu_count: u32,
}

/// A network volume.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// RunPod's identifier of the volume.
    pub id: String,
    /// Path in the pod. Default: `/workspace`.
    pub path: Option<String>,
}

/// A disk of the pod's machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persistent {
    /// Size in GB.
    pub size: u32,
    /// Path in the pod. Default: `/workspace`.
    pub path: Option<String>,
}

impl Gpu {
    /// Number of cards.
    pub fn count(&self) -> u32 {
        self.count.unwrap_or(1)
    }
}

impl RunPod {
    /// What the pods are made from, for people.
    pub fn origin(&self) -> String {
        match (&self.image, &self.template) {
            (Some(image), _) => format!("the image `{image}`"),
            (None, template) => format!("the template `{}`", template.as_deref().unwrap_or("")),
        }
    }

    /// Whether what the pod writes into its workspace is there after it was stopped.
    pub fn keeps_projects(&self) -> bool {
        self.volume.is_some() || self.persistent.is_some()
    }

    /// Checks the rules that the types do not have; returns the problem, without its place.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let is_version = |text: &String| {
            let parts = text.split_once('.');
            parts
                .is_some_and(|(one, two)| [one, two].iter().all(|part| part.parse::<u16>().is_ok()))
        };
        let is_port = |text: &String| {
            text.split_once('/').is_some_and(|(number, kind)| {
                number.parse::<u16>().is_ok_and(|port| port != PORT)
                    && ["http", "tcp"].contains(&kind)
            })
        };
        let gpu = self.gpu.as_ref();
        let rules = [
            (
                self.image.is_some() || self.template.is_some(),
                "[runpod] needs `image` or `template`",
            ),
            (
                self.gpu.is_some() != self.cpu.is_some(),
                "[runpod] needs exactly one of `gpu` and `cpu`",
            ),
            (
                gpu.is_none_or(|gpu| !gpu.ids.is_empty()),
                "`gpu.ids` needs at least one graphics card",
            ),
            (
                gpu.and_then(|gpu| gpu.min_cuda.as_ref())
                    .is_none_or(is_version),
                "`gpu.min_cuda` is a version such as \"12.4\"",
            ),
            (
                self.volume.is_none() || self.persistent.is_none(),
                "only one of `volume` and `persistent` is allowed",
            ),
            (
                self.persistent.is_none() || self.cpu.is_none(),
                "`persistent` is only for pods with graphics cards",
            ),
            (
                self.persistent
                    .as_ref()
                    .is_none_or(|disk| disk.size >= MIN_PERSISTENT),
                "`persistent.size` is at least 10, in GB",
            ),
            (
                self.ports.iter().all(is_port),
                "`ports` are texts such as \"22/tcp\" or \"8188/http\", without 8080",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, problem)) => Err(problem),
            None => Ok(()),
        }
    }
}
