//! Pods rented from RunPod, by its REST API v2.

use std::time::{Duration, Instant};

use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::http::{self, Answer};
use super::{Order, PORT, PREFIX, Pod, Provider, State, pod_name};
use crate::problem;
use crate::secret::Secret;
use crate::settings::RunPod;

const API: &str = "https://api.runpod.io";
/// Where the proxy serves a port of a pod.
const PROXY: &str = "https://{id}-{port}.proxy.runpod.net";
/// These two are for tests: another server in RunPod's place.
const API_VARIABLE: &str = "PODSLATE_RUNPOD_API";
const PROXY_VARIABLE: &str = "PODSLATE_RUNPOD_PROXY";
const KEY_VARIABLE: &str = "RUNPOD_API_KEY";
/// How long RunPod may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that is waited in all because RunPod asks for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a question is asked again that RunPod could not answer.
const TRIES: u32 = 3;
const TERMINATED: &str = "it was terminated";
/// At most so many pages of a list.
const PAGES: u32 = 100;

/// RunPod, by its REST API.
pub struct RunPodApi {
    http: reqwest::Client,
    api: Url,
    proxy: String,
    key: Secret,
    token: Option<Secret>,
    settings: RunPod,
    timeout: Duration,
}

/// What became of a request.
enum Outcome {
    /// It was done.
    Done(Value),
    /// It was refused, so it had no effect.
    Refused(ErrorBody),
    /// It may have had an effect.
    Unclear(ErrorBody),
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
        let variable = |name, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
        let api = Url::parse(&variable(API_VARIABLE, API)).map_err(|_| {
            let what = format!("{API_VARIABLE} is not a URL");
            problem::new(ErrorCode::SettingsInvalid, what)
        })?;
        let key = match Secret::from_environment(KEY_VARIABLE)? {
            Some(key) => Some(key),
            None => match &settings.api_key_file {
                Some(path) => Secret::from_file(path)?,
                None => None,
            },
        };
        let key = key.ok_or_else(|| {
            let hint = format!(
                "Put a key from RunPod's console into the environment variable {KEY_VARIABLE}, or \
                 name a file with it as `api_key_file`."
            );
            problem::hinted(
                ErrorCode::ProviderFailed,
                "there is no API key for RunPod",
                hint,
            )
        })?;
        let timeout = timeout.max(Duration::from_secs(1)).min(TIMEOUT);
        Ok(Self {
            http: http::client(&api, timeout)?,
            api,
            proxy: variable(PROXY_VARIABLE, PROXY),
            key,
            token,
            settings,
            timeout,
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

    /// Asks a question, again if RunPod could not answer it.
    async fn get(&self, path: &str) -> Result<Value, ErrorBody> {
        let mut tries = 1;
        loop {
            match self.send(Method::GET, path, None).await {
                Outcome::Done(value) => return Ok(value),
                Outcome::Refused(error) => return Err(error),
                Outcome::Unclear(error) if tries == TRIES => return Err(error),
                Outcome::Unclear(_) => tokio::time::sleep(Duration::from_millis(300) * tries).await,
            }
            tries += 1;
        }
    }

    /// Sends a request. RunPod is obeyed when it asks to wait, because nothing was done by then.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = match self.once(method.clone(), path, body).await {
                Ok(answer) => answer,
                Err(error) => {
                    let what = http::why("RunPod", &error, self.timeout);
                    let told = problem::new(ErrorCode::ProviderFailed, what);
                    return match error.is_connect() {
                        true => Outcome::Refused(told),
                        false => Outcome::Unclear(told),
                    };
                }
            };
            let pause = Duration::from_secs(answer.retry_after.unwrap_or(1).max(1));
            if answer.status == 429 && Instant::now() + pause <= deadline {
                tokio::time::sleep(pause).await;
                continue;
            }
            return match (answer.status, answer.json) {
                (200..300, json) => Outcome::Done(json.unwrap_or_default()),
                (status @ (500.. | 408), json) => Outcome::Unclear(self.refusal(status, json)),
                (status, json) => Outcome::Refused(self.refusal(status, json)),
            };
        }
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let base = self.api.as_str().trim_end_matches('/');
        let request = self.http.request(method, format!("{base}{path}"));
        let request = request.bearer_auth(self.key.reveal());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Answer::read(request.send().await?).await
    }

    /// A problem document as a sentence.
    fn refusal(&self, status: u16, json: Option<Value>) -> ErrorBody {
        let detail = self.detail(json.as_ref());
        let says = if detail.is_empty() {
            String::new()
        } else {
            format!(": {detail}")
        };
        let (what, hint) = match status {
            400 | 422 => (
                format!("RunPod does not accept the order{says}"),
                "Check [runpod] in podslate.toml.",
            ),
            401 => (
                format!("RunPod does not accept the API key{says}"),
                "Make a new key in RunPod's console and put it into RUNPOD_API_KEY.",
            ),
            403 => (
                format!("the API key may not do this at RunPod{says}"),
                "Give the key the right to read and write pods in RunPod's console.",
            ),
            404 => (
                format!("RunPod does not know what was asked for{says}"),
                "Check the names in [runpod] of podslate.toml.",
            ),
            409 => (
                format!("RunPod cannot do this at the moment{says}"),
                "Look at the pod in RunPod's console, then try again.",
            ),
            429 => (
                format!("RunPod has had too many requests{says}"),
                "Wait a few minutes, then try again.",
            ),
            500.. => (
                format!("RunPod has a fault (status {status}){says}"),
                "Try again later; a pod that was started is found under its name.",
            ),
            _ => (
                format!("RunPod answers {status}{says}"),
                "Check for a newer podslate: RunPod's API may have changed.",
            ),
        };
        problem::hinted(ErrorCode::ProviderFailed, what, hint)
    }

    fn detail(&self, json: Option<&Value>) -> String {
        let Some(json) = json else {
            return String::new();
        };
        let text = |key: &str| json[key].as_str().filter(|text| !text.is_empty());
        let mut parts = Vec::from_iter(text("detail").or(text("title")).map(str::to_owned));
        for error in json["errors"].as_array().into_iter().flatten().take(5) {
            let told = error
                .as_str()
                .or(error["detail"].as_str())
                .or(error["message"].as_str());
            parts.push(told.map_or_else(|| error.to_string(), str::to_owned));
        }
        let mut all = self.key.hide_in(&parts.join("; "));
        if let Some(token) = &self.token {
            all = token.hide_in(&all);
        }
        problem::clean(&all).trim_end_matches('.').to_owned()
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
            let page = self.get(&path).await?;
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
        let error = match self.send(Method::POST, "/v2/pods", Some(&body)).await {
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
        match self.send(Method::POST, &path, Some(&body)).await {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(error) | Outcome::Unclear(error) => Err(error),
        }
    }

    async fn look(&self, id: &str) -> Result<Pod, ErrorBody> {
        let json = self.get(&format!("/v2/pods/{id}")).await?;
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
        format!("POST {}v2/pods {body}", self.api)
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
        let url = Url::parse("http://127.0.0.1:1").unwrap();
        RunPodApi {
            http: http::client(&url, TIMEOUT).unwrap(),
            api: url,
            proxy: PROXY.to_owned(),
            key: Secret::new("canary-key", "x").unwrap(),
            token: Some(Secret::new("canary-token", "x").unwrap()),
            settings: toml::from_str(settings).unwrap(),
            timeout: TIMEOUT,
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

    #[test]
    fn a_problem_is_a_sentence_without_secrets() {
        let api = api("image = \"i\"");
        let document = json!({
            "title": "Unprocessable",
            "status": 422,
            "detail": "canary-key is no key.",
            "errors": [{"detail": "gpu.id: unknown"}, "canary-token"],
        });
        let error = api.refusal(422, Some(document));
        assert_eq!(
            error.error,
            "There is no pod to use: RunPod does not accept the order: [hidden] is no key.; \
             gpu.id: unknown; [hidden]."
        );
        assert!(error.hint.unwrap().contains("podslate.toml"));
        assert!(
            api.refusal(401, None)
                .error
                .contains("does not accept the API key")
        );
    }
}
