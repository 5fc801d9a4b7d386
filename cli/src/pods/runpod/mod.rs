//! Pods rented from RunPod, by its REST API v2.

mod api;

use std::time::Duration;

use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use api::{Api, Outcome};

use super::{Order, PORT, PREFIX, Pod, Provider, State, pod_name};
use crate::problem;
use crate::secret::Secret;
use crate::settings::RunPod;

/// Where the proxy serves a port of a pod.
const PROXY: &str = "https://{id}-{port}.proxy.runpod.net";
/// For tests: another server in the proxy's place.
const PROXY_VARIABLE: &str = "PODSLATE_RUNPOD_PROXY";
const TERMINATED: &str = "it was terminated";
/// At most so many pages of a list.
const PAGES: u32 = 100;

/// RunPod, by its REST API.
pub struct RunPodApi {
    api: Api,
    proxy: String,
    settings: RunPod,
}

impl RunPodApi {
    /// RunPod with what `podslate.toml` says. `timeout` limits one answer, if it is shorter than
    /// the usual limit.
    ///
    /// # Errors
    /// There is no API key.
    pub fn new(
        settings: RunPod,
        token: Option<Secret>,
        timeout: Duration,
    ) -> Result<Self, ErrorBody> {
        Ok(Self {
            api: Api::new(settings.api_key_file.as_deref(), token, timeout)?,
            proxy: std::env::var(PROXY_VARIABLE).unwrap_or_else(|_| PROXY.to_owned()),
            settings,
        })
    }

    /// The order as RunPod reads it.
    fn body(&self, order: &Order, token: &str) -> Value {
        let settings = &self.settings;
        let mut env: Map<String, Value> = settings
            .env
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let token = match &settings.token_secret {
            Some(name) => format!("{{{{ RUNPOD_SECRET_{name} }}}}"),
            None => token.to_owned(),
        };
        env.insert("PROJECT_NAME".to_owned(), json!(order.project));
        env.insert("PODSLATE_TOKEN".to_owned(), json!(token));
        let mut body = json!({
            "name": pod_name(&order.project),
            "image": settings.image,
            "env": env,
            "ports": [format!("{PORT}/http")],
        });
        if let Some(gpu) = &settings.gpu {
            body["gpu"] = json!({"id": gpu.id, "count": gpu.count});
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
            body["mounts"] = json!({"network": [{"volumeId": volume.id, "path": volume.path}]});
        }
        body
    }

    fn pod_of(&self, json: &Value) -> Option<Pod> {
        let id = json["id"].as_str()?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let proxy = self
            .proxy
            .replace("{id}", id)
            .replace("{port}", &PORT.to_string());
        let url = is_id.then(|| Url::parse(&format!("{}/", proxy.trim_end_matches('/'))).ok());
        let state = match json["status"].as_str()? {
            "RUNNING" => State::Running,
            "EXITED" => State::Stopped("it has stopped".to_owned()),
            "ERROR" => State::Broken("RunPod says that it has an error".to_owned()),
            "TERMINATED" => State::Broken(TERMINATED.to_owned()),
            other => State::Starting(problem::clean(other)),
        };
        Some(Pod {
            id: Some(id.to_owned()),
            name: json["name"].as_str().map(str::to_owned),
            url: url.flatten(),
            state,
        })
    }

    fn read(&self, json: &Value) -> Result<Pod, ErrorBody> {
        self.pod_of(json).ok_or_else(|| {
            problem::new(
                ErrorCode::ProviderFailed,
                "RunPod's answer is not understood",
            )
        })
    }
}

impl Provider for RunPodApi {
    const NAME: &'static str = "RunPod";
    const LAG: Duration = Duration::from_secs(15);

    async fn pods(&self) -> Result<Vec<Pod>, ErrorBody> {
        let mut pods = Vec::new();
        let mut path = "/v2/pods".to_owned();
        for _ in 0..PAGES {
            let page = self.api.get(&path).await?;
            let Some(all) = page["pods"].as_array() else {
                return self.read(&Value::Null).map(|pod| vec![pod]);
            };
            pods.extend(all.iter().filter_map(|json| self.pod_of(json)));
            // The published schema knows one page only; clients in the field report a cursor.
            match page["nextCursor"]
                .as_str()
                .filter(|cursor| !cursor.is_empty())
            {
                Some(cursor) => {
                    let query = [("cursor", cursor)];
                    let url = Url::parse_with_params("https://x/v2/pods", query);
                    let query = url.ok().and_then(|url| url.query().map(str::to_owned));
                    path = format!("/v2/pods?{}", query.unwrap_or_default());
                }
                None => break,
            }
        }
        pods.retain(|pod| {
            let is_ours = pod
                .name
                .as_deref()
                .is_some_and(|name| name.starts_with(PREFIX));
            is_ours && pod.state != State::Broken(TERMINATED.to_owned())
        });
        // Names are not unique at RunPod, and the one that runs is the one to use.
        pods.sort_by_key(|pod| (rank(&pod.state), pod.id.clone()));
        Ok(pods)
    }

    async fn start(&self, order: &Order) -> Result<Pod, ErrorBody> {
        let body = self.body(order, order.token.reveal());
        let error = match self.api.send(Method::POST, "/v2/pods", Some(&body)).await {
            Outcome::Done(json) => return self.read(&json),
            Outcome::Refused(error) => return Err(error),
            Outcome::Unclear(error) => error,
        };
        let name = pod_name(&order.project);
        let pods = self.pods().await.unwrap_or_default();
        let hint = "It is not known whether RunPod started a pod. Run the same command again: it \
                    looks for the pod first.";
        pods.into_iter()
            .find(|pod| pod.name.as_ref() == Some(&name))
            .ok_or_else(|| ErrorBody {
                hint: Some(hint.to_owned()),
                ..error
            })
    }

    async fn resume(&self, id: &str) -> Result<(), ErrorBody> {
        let body = json!({"action": "start"});
        let path = format!("/v2/pods/{id}/action");
        match self.api.send(Method::POST, &path, Some(&body)).await {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(error) | Outcome::Unclear(error) => Err(error),
        }
    }

    async fn look(&self, id: &str) -> Result<Pod, ErrorBody> {
        let json = self.api.get(&format!("/v2/pods/{id}")).await?;
        self.read(&json)
    }

    /// The log is a stream that does not end, and RunPod keeps it for its console.
    async fn last_words(&self, _: &str) -> Option<String> {
        None
    }

    fn how_to_stop(&self, id: &str) -> String {
        format!("runpodctl pod stop {id}")
    }

    fn plan(&self, order: &Order) -> String {
        let body = self.body(order, "[hidden]");
        format!("POST {}v2/pods {body}", self.api.base())
    }
}

fn rank(state: &State) -> u8 {
    match state {
        State::Running => 0,
        State::Starting(_) => 1,
        State::Stopped(_) => 2,
        State::Broken(_) => 3,
    }
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

    fn order() -> Order {
        Order {
            project: ProjectName::parse("Robot").unwrap(),
            token: Secret::new("canary-token", "x").unwrap(),
            workspace: "/w".into(),
        }
    }

    #[test]
    fn an_order_has_what_is_set_and_nothing_else() {
        let small = api("image = \"i\"\ncpu = { id = \"cpu3c\", vcpu_count = 2 }");
        assert_eq!(
            small.body(&order(), "t"),
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
            large.body(&order(), "t"),
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
        assert!(!small.plan(&order()).contains("canary"));
    }

    #[test]
    fn a_pod_is_reached_through_the_proxy() {
        let api = api("image = \"i\"");
        let pod = |status: &str, id: &str| {
            api.pod_of(&json!({"id": id, "name": "podslate-Robot", "status": status}))
        };
        let running = pod("RUNNING", "abc123").unwrap();
        assert_eq!(running.state, State::Running);
        let url = running.url.unwrap();
        assert_eq!(url.as_str(), "https://abc123-8080.proxy.runpod.net/");
        assert_eq!(
            pod("STARTING", "a").unwrap().state,
            State::Starting("STARTING".to_owned())
        );
        assert!(matches!(
            pod("EXITED", "a").unwrap().state,
            State::Stopped(_)
        ));
        assert!(matches!(pod("ERROR", "a").unwrap().state, State::Broken(_)));
        // An identifier that would lead elsewhere is no address.
        assert_eq!(pod("RUNNING", "evil.example/").unwrap().url, None);
        assert_eq!(api.pod_of(&json!({})), None);
    }
}
