//! Pods rented from RunPod, by its REST API v2.

mod api;
mod catalog;
mod logs;
mod schema;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use api::{Api, Outcome};
use catalog::Candidate;
use schema::{CreateCpu, CreateGpu, CreatePod, Mounts, NetworkMount, PersistentMount, PodList};

use super::pod::{Cost, PREFIX, Pod, PodSpec, PodState};
use super::provider::Provider;
use crate::defaults::{POD_WORKSPACE, PORT};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::settings::RunPod;
use crate::text::{clause, clean};

const PODS: &str = "/v2/pods";
/// Number of lines of a log that are shown.
const TAIL: usize = 5;
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
    candidates: OnceCell<Vec<Candidate>>,
}

impl RunPodApi {
    /// RunPod with the settings in `podslate.toml`. `timeout` limits a response if it is shorter
    /// than the usual limit.
    pub fn new(settings: RunPod, token: Option<Secret>, timeout: Duration) -> Result<Self> {
        Ok(Self {
            api: Api::new(settings.api_key_file.as_deref(), token, timeout)?,
            proxy: std::env::var(env_vars::RUNPOD_PROXY).unwrap_or_else(|_| PROXY.to_owned()),
            settings,
            candidates: OnceCell::new(),
        })
    }

    /// Body of the request that creates a pod.
    fn body(&self, spec: &PodSpec, token: &str, gpu: Option<&Candidate>) -> CreatePod {
        let settings = &self.settings;
        let token = match &settings.token_secret {
            Some(name) => format!("{{{{ RUNPOD_SECRET_{name} }}}}"),
            None => token.to_owned(),
        };
        let mut env = settings.env.clone();
        env.insert(env_vars::PROJECT_NAME.to_owned(), spec.project.to_string());
        env.insert(env_vars::TOKEN.to_owned(), token);
        let mut ports = vec![format!("{PORT}/http")];
        ports.extend(settings.ports.iter().cloned());
        let gpu = settings.gpu.as_ref().zip(gpu).map(|(gpu, kind)| CreateGpu {
            id: kind.id.clone(),
            count: gpu.count(),
            min_cuda_version: gpu.min_cuda.clone(),
        });
        let cpu = settings.cpu.as_ref().map(|cpu| CreateCpu {
            id: cpu.id.clone(),
            vcpu_count: cpu.vcpu_count,
        });
        CreatePod {
            name: Pod::name_for(&spec.project),
            image: settings.image.clone(),
            template_id: settings.template.clone(),
            env,
            ports,
            gpu,
            cpu,
            disk: settings.disk,
            cloud: settings.cloud.clone(),
            data_center_ids: settings.data_centers.clone(),
            mounts: mounts(settings),
            registry: settings.registry.clone(),
            args: settings.args.clone(),
        }
    }

    fn pod_from(&self, json: &Value) -> Option<Pod> {
        let pod = schema::Pod::deserialize(json).ok()?;
        let is_id = !pod.id.is_empty() && pod.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let proxy = self
            .proxy
            .replace("{id}", &pod.id)
            .replace("{port}", &PORT.to_string());
        let url = is_id.then(|| Url::parse(&format!("{}/", proxy.trim_end_matches('/'))).ok());
        let state = match pod.status.as_str() {
            "RUNNING" => PodState::Running,
            "EXITED" => PodState::Stopped("it has stopped".to_owned()),
            "ERROR" => PodState::Broken("RunPod reports an error".to_owned()),
            "TERMINATED" => PodState::Broken(TERMINATED.to_owned()),
            other => PodState::Starting(clean(other)),
        };
        let name = pod.name.as_deref().map(clean);
        let variable = |env: &BTreeMap<String, String>| env.get(env_vars::PROJECT_NAME).cloned();
        let project = pod.env.as_ref().and_then(variable).as_deref().map(clean);
        Some(Pod {
            id: Some(pod.id),
            project: project.or_else(|| Pod::project_of(name.as_deref()?)),
            name,
            url: url.flatten(),
            state,
            created: pod.created_at.as_deref().map(clean),
            cost: pod.cost.filter(|cost| *cost > 0.0).map(|per_hour| Cost {
                per_hour,
                since: pod.started_at.as_deref().map(clean),
            }),
            keeps_projects: pod.mounts.is_none_or(|mounts| !mounts.is_empty()),
        })
    }

    /// The graphics cards to ask for; asked of the catalog once.
    async fn candidates(&self) -> Result<&[Candidate]> {
        let ask = || catalog::candidates(&self.api, &self.settings);
        Ok(self.candidates.get_or_try_init(ask).await?)
    }

    /// Refuses a pod that would lose its projects when it stops.
    fn check_storage(&self, spec: &PodSpec) -> Result<()> {
        if self.settings.keeps_projects() || spec.is_ephemeral {
            return Ok(());
        }
        Err(Error::StorageMissing {
            name: Pod::name_for(&spec.project),
        })
    }

    /// Requests a pod with one of the candidates after the other, until one is placed.
    async fn request(&self, spec: &PodSpec) -> Result<Pod> {
        let candidates = self.candidates().await?;
        let mut candidates = candidates.iter().map(Some).collect::<Vec<_>>();
        if candidates.is_empty() {
            candidates.push(None);
        }
        let mut last = None;
        for candidate in candidates {
            let body = self.body(spec, spec.token.reveal(), candidate);
            let body = serde_json::to_value(body).map_err(Error::unexpected)?;
            match self.api.send(Method::POST, PODS, Some(&body)).await {
                Outcome::Done(json) => return self.read(&json),
                // No room for this one, or no permission for its pool.
                Outcome::Refused(Some(400 | 403), error) => last = Some(error),
                Outcome::Refused(_, error) => return Err(error),
                Outcome::Unclear(error) => return self.find_after(error, spec).await,
            }
        }
        Err(last.unwrap_or_else(unreadable))
    }

    /// The pod that a request without a response may have created.
    async fn find_after(&self, error: Error, spec: &PodSpec) -> Result<Pod> {
        let pod = self.oldest(&Pod::name_for(&spec.project)).await;
        pod.ok().flatten().ok_or_else(|| {
            error.with_hint(
                "It is not known whether RunPod started a pod. Run the same command again: it \
                 looks for the pod first.",
            )
        })
    }

    /// The oldest pod of a name, of which RunPod allows several.
    async fn oldest(&self, name: &str) -> Result<Option<Pod>> {
        let mut pods = self.pods().await?;
        pods.retain(|pod| pod.name.as_deref() == Some(name));
        pods.sort_by(|one, other| (&one.created, &one.id).cmp(&(&other.created, &other.id)));
        Ok(pods.into_iter().next())
    }

    /// Keeps one pod if two commands have rented one at the same time: the older one. Both decide
    /// alike.
    async fn without_twin(&self, pod: Pod) -> Pod {
        let name = pod.name.clone().unwrap_or_default();
        match self.oldest(&name).await {
            Ok(Some(oldest)) if oldest.id != pod.id => {
                // If this fails, `podslate pods` shows both.
                match self.act(pod.handle(), "terminate").await {
                    Ok(()) => oldest,
                    Err(_) => pod,
                }
            }
            _ => pod,
        }
    }

    /// Changes the state of a pod.
    async fn act(&self, id: &str, action: &str) -> Result<()> {
        let body = json!({"action": action});
        let path = format!("/v2/pods/{id}/action");
        match self.api.send(Method::POST, &path, Some(&body)).await {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(_, error) | Outcome::Unclear(error) => Err(error),
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
        let mut path = PODS.to_owned();
        loop {
            let page = self.api.get(&path).await?;
            let page = PodList::deserialize(page).map_err(|_| unreadable())?;
            let page_pods = page.pods.iter().filter_map(|json| self.pod_from(json));
            pods.extend(page_pods.filter(is_own));
            let cursor = page.next_cursor.unwrap_or_default();
            if cursor.is_empty() {
                break;
            }
            if cursors.len() == MAX_PAGES || !cursors.insert(cursor.clone()) {
                let reason = "RunPod's list of pods has no end".to_owned();
                return Err(Error::ProviderFailed { reason });
            }
            let url = Url::parse_with_params("https://x/", [("cursor", cursor)]);
            let query = url.ok().and_then(|url| url.query().map(str::to_owned));
            path = format!("{PODS}?{}", query.unwrap_or_default());
        }
        // Names are not unique at RunPod, and a running pod takes precedence.
        pods.sort_by_key(|pod| (pod.state.clone(), pod.id.clone()));
        Ok(pods)
    }

    async fn notes(&self) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        if self.settings.image.as_deref().is_some_and(has_no_version) {
            notes.push(
                "RunPod keeps copies of images: name a version in `image`, or the pod may get an \
                 older one."
                    .to_owned(),
            );
        }
        notes.extend(self.candidates().await?.iter().filter_map(offer));
        Ok(notes)
    }

    async fn start(&self, spec: &PodSpec) -> Result<Pod> {
        self.check_storage(spec)?;
        let pod = self.request(spec).await?;
        Ok(self.without_twin(pod).await)
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

    async fn log_tail(&self, id: &str) -> Option<String> {
        let path = format!("{PODS}/{id}/logs?source=container&tail={TAIL}");
        let lines = logs::lines(&self.api.stream(&path).await?);
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        let tail = clause(&self.api.hide_secrets(&tail.join(" / ")));
        (!tail.is_empty()).then_some(tail)
    }

    async fn plan(&self, spec: &PodSpec) -> Result<String> {
        self.check_storage(spec)?;
        let candidate = self.candidates().await?.first();
        let body = self.body(spec, "[hidden]", candidate);
        let body = serde_json::to_string(&body).map_err(Error::unexpected)?;
        Ok(format!("POST {}v2/pods {body}", self.api.base))
    }
}

/// Storage of the pod that outlasts a stop.
fn mounts(settings: &RunPod) -> Mounts {
    let path = |path: &Option<String>| path.clone().unwrap_or_else(|| POD_WORKSPACE.to_owned());
    let network = settings.volume.iter().map(|volume| NetworkMount {
        volume_id: volume.id.clone(),
        path: path(&volume.path),
    });
    let persistent = settings.persistent.as_ref().map(|disk| PersistentMount {
        size: disk.size,
        path: path(&disk.path),
    });
    Mounts {
        network: network.collect(),
        persistent,
    }
}

/// What a candidate costs and whether there is one, for people.
fn offer(candidate: &Candidate) -> Option<String> {
    let (id, cost, stock) = (&candidate.id, candidate.cost?, candidate.stock.as_ref()?);
    let stock = match stock.as_str() {
        "NONE" => "none in stock",
        "LOW" => "few in stock",
        "MEDIUM" | "HIGH" => "in stock",
        _ => "stock not known",
    };
    Some(format!("`{id}`: about {cost:.2} USD an hour, {stock}."))
}

/// Whether an image's name leaves its version open.
fn has_no_version(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    let version = name.split_once([':', '@']).map(|(_, version)| version);
    version.is_none_or(|version| version == "latest")
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
            candidates: OnceCell::new(),
        }
    }

    fn spec() -> PodSpec {
        PodSpec {
            project: ProjectName::parse("Robot").unwrap(),
            token: Secret::new("canary-token", "x").unwrap(),
            workspace: "/w".into(),
            is_ephemeral: true,
        }
    }

    fn body(api: &RunPodApi, token: &str) -> Value {
        let ids = api.settings.gpu.iter().flat_map(|gpu| &gpu.ids);
        let candidate = ids.map(|id| Candidate {
            id: id.clone(),
            cost: None,
            stock: None,
        });
        let body = api.body(&spec(), token, candidate.into_iter().next().as_ref());
        serde_json::to_value(body).unwrap()
    }

    #[test]
    fn a_request_has_the_settings_and_nothing_else() {
        let small = api("image = \"i\"\ncpu = { id = \"cpu3c\", vcpu_count = 2 }");
        assert_eq!(
            body(&small, "t"),
            json!({
                "name": "podslate-Robot",
                "image": "i",
                "env": {"PROJECT_NAME": "Robot", "PODSLATE_TOKEN": "t"},
                "ports": ["8080/http"],
                "cpu": {"id": "cpu3c", "vcpuCount": 2},
            })
        );
        let large = api(
            "image = \"i\"\ntemplate = \"t1\"\nargs = \"--x\"\nregistry = \"r1\"\n\
             gpu = { ids = [\"4090\", \"L4\"], count = 2, min_cuda = \"12.4\" }\n\
             disk = 40\ncloud = \"SECURE\"\nports = [\"22/tcp\"]\n\
             data_centers = [\"EU-RO-1\"]\nvolume = { id = \"v\" }\n\
             token_secret = \"slate\"\nenv = { A = \"b\", PROJECT_NAME = \"other\" }",
        );
        assert_eq!(
            body(&large, "t"),
            json!({
                "name": "podslate-Robot",
                "image": "i",
                "templateId": "t1",
                "args": "--x",
                "registry": "r1",
                "env": {
                    "A": "b",
                    "PROJECT_NAME": "Robot",
                    "PODSLATE_TOKEN": "{{ RUNPOD_SECRET_slate }}",
                },
                "ports": ["8080/http", "22/tcp"],
                "gpu": {"id": "4090", "count": 2, "minCudaVersion": "12.4"},
                "disk": 40,
                "cloud": "SECURE",
                "dataCenterIds": ["EU-RO-1"],
                "mounts": {"network": [{"volumeId": "v", "path": "/workspace"}]},
            })
        );
        let disk = api("image = \"i\"\ngpu = { ids = [\"L4\"] }\npersistent = { size = 20 }");
        assert_eq!(
            body(&disk, "t")["mounts"],
            json!({"persistent": {"size": 20, "path": "/workspace"}})
        );
        let plan = crate::runtime::block_on(small.plan(&spec())).unwrap();
        assert!(
            plan.contains("podslate-Robot") && !plan.contains("canary"),
            "{plan}"
        );
    }

    #[test]
    fn a_version_of_an_image_is_a_tag_or_a_digest() {
        for image in ["a", "h:5000/a", "a:latest", "h:5000/a:latest"] {
            assert!(has_no_version(image), "{image}");
        }
        for image in [
            "a:1.2",
            "h:5000/b/a:1.2",
            "a@sha256:12",
            "a:latest@sha256:12",
        ] {
            assert!(!has_no_version(image), "{image}");
        }
    }

    #[test]
    fn a_pod_is_reached_through_the_proxy() {
        let api = api("image = \"i\"");
        let pod = |status: &str, id: &str| {
            let json = json!({
                "id": id, "name": "podslate-Robot", "status": status, "cost": 0.5, "mounts": {},
                "startedAt": "2026-11-26T10:00:00Z",
            });
            api.pod_from(&json)
        };
        let running = pod("RUNNING", "abc123").unwrap();
        assert_eq!(running.state, PodState::Running);
        assert!(!running.keeps_projects);
        let cost = running.cost.unwrap();
        assert_eq!(cost.since.as_deref(), Some("2026-11-26T10:00:00Z"));
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
