//! Pods rented from RunPod, by its REST API v2.

mod api;

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use api::{Api, Outcome};

use super::pod::{PREFIX, Pod, PodSpec, PodState};
use super::provider::Provider;
use crate::defaults::{POD_WORKSPACE, PORT};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::settings::RunPod;
use crate::text::clean;

/// Address at which RunPod's proxy serves a port of a pod.
const PROXY: &str = "https://{id}-{port}.proxy.runpod.net";
const TERMINATED: &str = "it was terminated";
/// Maximum number of pages of a list.
const MAX_PAGES: usize = 100;

/// RunPod, by its REST API.
pub struct RunPodApi {
    api: Api,
    proxy: String,
    settings: RunPod,
}

impl RunPodApi {
    /// RunPod with the settings in `podslate.toml`. `timeout` limits a response if it is shorter
    /// than the usual limit.
    pub fn new(settings: RunPod, token: Option<Secret>, timeout: Duration) -> Result<Self> {
        Ok(Self {
            api: Api::new(settings.api_key_file.as_deref(), token, timeout)?,
            proxy: std::env::var(env_vars::RUNPOD_PROXY).unwrap_or_else(|_| PROXY.to_owned()),
            settings,
        })
    }

    /// Body of the request that creates a pod.
    fn body(&self, spec: &PodSpec, token: &str) -> Value {
        let settings = &self.settings;
        let mut env = settings.env.clone();
        let token = match &settings.token_secret {
            Some(name) => format!("{{{{ RUNPOD_SECRET_{name} }}}}"),
            None => token.to_owned(),
        };
        env.insert(env_vars::PROJECT_NAME.to_owned(), spec.project.to_string());
        env.insert(env_vars::TOKEN.to_owned(), token);
        let mut body = json!({
            "name": Pod::name_for(&spec.project),
            "image": settings.image,
            "env": env,
            "ports": [format!("{PORT}/http")],
        });
        if let Some(gpu) = &settings.gpu {
            body["gpu"] = json!({"id": gpu.id, "count": gpu.count.unwrap_or(1)});
        }
        if let Some(cpu) = &settings.cpu {
            body["cpu"] = json!({"id": cpu.id, "vcpuCount": cpu.vcpu_count});
        }
        if let Some(disk) = settings.disk {
            body["disk"] = json!(disk);
        }
        if let Some(cloud) = &settings.cloud {
            body["cloud"] = json!(cloud);
        }
        if !settings.data_centers.is_empty() {
            body["dataCenterIds"] = json!(settings.data_centers);
        }
        if let Some(volume) = &settings.volume {
            let path = volume.path.as_deref().unwrap_or(POD_WORKSPACE);
            body["mounts"] = json!({"network": [{"volumeId": volume.id, "path": path}]});
        }
        body
    }

    fn pod_from(&self, json: &Value) -> Option<Pod> {
        let id = json["id"].as_str()?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let proxy = self
            .proxy
            .replace("{id}", id)
            .replace("{port}", &PORT.to_string());
        let url = is_id.then(|| Url::parse(&format!("{}/", proxy.trim_end_matches('/'))).ok());
        let state = match json["status"].as_str()? {
            "RUNNING" => PodState::Running,
            "EXITED" => PodState::Stopped("it has stopped".to_owned()),
            "ERROR" => PodState::Broken("RunPod reports an error".to_owned()),
            "TERMINATED" => PodState::Broken(TERMINATED.to_owned()),
            other => PodState::Starting(clean(other)),
        };
        Some(Pod {
            id: Some(id.to_owned()),
            name: json["name"].as_str().map(clean),
            url: url.flatten(),
            state,
            project: project(json),
            created: json["createdAt"].as_str().map(clean),
        })
    }

    /// Changes the state of a pod.
    async fn act(&self, id: &str, action: &str) -> Result<()> {
        let body = json!({"action": action});
        let path = format!("/v2/pods/{id}/action");
        match self.api.send(Method::POST, &path, Some(&body)).await {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(error) | Outcome::Unclear(error) => Err(error),
        }
    }

    fn read(&self, json: &Value) -> Result<Pod> {
        self.pod_from(json).ok_or_else(unreadable)
    }
}

#[async_trait]
impl Provider for RunPodApi {
    fn name(&self) -> &'static str {
        "RunPod"
    }

    fn restart_grace(&self) -> Duration {
        Duration::from_secs(15)
    }

    async fn pods(&self) -> Result<Vec<Pod>> {
        let mut pods = Vec::new();
        let mut cursors = HashSet::new();
        let mut path = "/v2/pods".to_owned();
        loop {
            let page = self.api.get(&path).await?;
            let page_pods = page["pods"].as_array().ok_or_else(unreadable)?;
            let page_pods = page_pods.iter().filter_map(|json| self.pod_from(json));
            pods.extend(page_pods.filter(is_own));
            // The published schema has no second page; clients report a cursor.
            let cursor = page["nextCursor"].as_str().unwrap_or_default();
            if cursor.is_empty() {
                break;
            }
            if cursors.len() == MAX_PAGES || !cursors.insert(cursor.to_owned()) {
                let reason = "RunPod's list of pods has no end".to_owned();
                return Err(Error::ProviderFailed { reason });
            }
            let url = Url::parse_with_params("https://x/v2/pods", [("cursor", cursor)]);
            let query = url.ok().and_then(|url| url.query().map(str::to_owned));
            path = format!("/v2/pods?{}", query.unwrap_or_default());
        }
        // Names are not unique at RunPod, and a running pod takes precedence.
        pods.sort_by_key(|pod| (pod.state.clone(), pod.id.clone()));
        Ok(pods)
    }

    async fn start(&self, spec: &PodSpec) -> Result<Pod> {
        let body = self.body(spec, spec.token.reveal());
        let error = match self.api.send(Method::POST, "/v2/pods", Some(&body)).await {
            Outcome::Done(json) => return self.read(&json),
            Outcome::Refused(error) => return Err(error),
            Outcome::Unclear(error) => error,
        };
        let name = Pod::name_for(&spec.project);
        let mut pods = self.pods().await.unwrap_or_default();
        pods.retain(|pod| pod.name.as_ref() == Some(&name));
        pods.into_iter().next().ok_or_else(|| {
            error.with_hint(
                "It is not known whether RunPod started a pod. Run the same command again: it \
                 looks for the pod first.",
            )
        })
    }

    async fn resume(&self, id: &str) -> Result<()> {
        self.act(id, "start").await
    }

    async fn stop(&self, id: &str) -> Result<()> {
        self.act(id, "stop").await
    }

    async fn get(&self, id: &str) -> Result<Pod> {
        let json = self.api.get(&format!("/v2/pods/{id}")).await?;
        self.read(&json)
    }

    /// RunPod keeps the log for its console; its API has only a stream without an end.
    async fn log(&self, _: &str, _: usize) -> Result<String> {
        let reason = "podslate does not read logs from RunPod".to_owned();
        Err(Error::ProviderFailed { reason }.with_hint("They are in RunPod's console."))
    }

    async fn plan(&self, spec: &PodSpec) -> Result<String> {
        let body = self.body(spec, "[hidden]");
        Ok(format!("POST {}v2/pods {body}", self.api.base))
    }
}

/// Project that a pod was started for.
fn project(json: &Value) -> Option<String> {
    let variable = json["env"][env_vars::PROJECT_NAME].as_str().map(clean);
    let name = || Pod::project_of(&clean(json["name"].as_str()?));
    variable.or_else(name)
}

/// Whether this program started a pod that still exists.
fn is_own(pod: &Pod) -> bool {
    let name = pod.name.as_deref().unwrap_or_default();
    name.starts_with(PREFIX) && pod.state != PodState::Broken(TERMINATED.to_owned())
}

fn unreadable() -> Error {
    let reason = "RunPod's response cannot be read".to_owned();
    Error::ProviderFailed { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::ProjectName;

    fn api(settings: &str) -> RunPodApi {
        RunPodApi {
            api: api::tests::api(),
            proxy: PROXY.to_owned(),
            settings: toml::from_str(settings).unwrap(),
        }
    }

    fn spec() -> PodSpec {
        PodSpec {
            project: ProjectName::parse("Robot").unwrap(),
            token: Secret::new("canary-token", "x").unwrap(),
            workspace: "/w".into(),
        }
    }

    #[test]
    fn a_request_has_the_settings_and_nothing_else() {
        let small = api("image = \"i\"\ncpu = { id = \"cpu3c\", vcpu_count = 2 }");
        assert_eq!(
            small.body(&spec(), "t"),
            json!({
                "name": "podslate-Robot",
                "image": "i",
                "env": {"PROJECT_NAME": "Robot", "PODSLATE_TOKEN": "t"},
                "ports": ["8080/http"],
                "cpu": {"id": "cpu3c", "vcpuCount": 2},
            })
        );
        let large = api(
            "image = \"i\"\ngpu = { id = \"4090\" }\ndisk = 40\ncloud = \"SECURE\"\n\
             data_centers = [\"EU-RO-1\"]\nvolume = { id = \"v\" }\ntoken_secret = \"slate\"\n\
             env = { A = \"b\", PROJECT_NAME = \"other\" }",
        );
        assert_eq!(
            large.body(&spec(), "t"),
            json!({
                "name": "podslate-Robot",
                "image": "i",
                "env": {
                    "A": "b",
                    "PROJECT_NAME": "Robot",
                    "PODSLATE_TOKEN": "{{ RUNPOD_SECRET_slate }}",
                },
                "ports": ["8080/http"],
                "gpu": {"id": "4090", "count": 1},
                "disk": 40,
                "cloud": "SECURE",
                "dataCenterIds": ["EU-RO-1"],
                "mounts": {"network": [{"volumeId": "v", "path": "/workspace"}]},
            })
        );
        let plan = crate::runtime::block_on(small.plan(&spec())).unwrap();
        assert!(
            plan.contains("podslate-Robot") && !plan.contains("canary"),
            "{plan}"
        );
    }

    #[test]
    fn a_pod_is_reached_through_the_proxy() {
        let api = api("image = \"i\"");
        let pod = |status: &str, id: &str| {
            api.pod_from(&json!({"id": id, "name": "podslate-Robot", "status": status}))
        };
        let running = pod("RUNNING", "abc123").unwrap();
        assert_eq!(running.state, PodState::Running);
        let url = running.url.unwrap();
        assert_eq!(url.as_str(), "https://abc123-8080.proxy.runpod.net/");
        let state = |status: &str| pod(status, "a").unwrap().state;
        assert_eq!(state("STARTING"), PodState::Starting("STARTING".to_owned()));
        assert!(matches!(state("EXITED"), PodState::Stopped(_)));
        assert!(matches!(state("ERROR"), PodState::Broken(_)));
        // An identifier that is part of another address is refused.
        assert_eq!(pod("RUNNING", "evil.example/").unwrap().url, None);
        assert_eq!(api.pod_from(&json!({})), None);
    }
}
