//! Requests to RunPod's REST API v2, and sentences for its problem documents.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde_json::Value;

use super::logs;
use crate::error::{Error, Result};
use crate::http::{self, Response};
use crate::secret::Secret;
use crate::{env_vars, text};

const BASE: &str = "https://api.runpod.io";
/// Maximum time of a response.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of a response, in bytes.
const MAX_SIZE: usize = 2 * 1024 * 1024;
/// Maximum total time to wait because RunPod asks for it.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum number of attempts to read something.
const MAX_ATTEMPTS: u32 = 3;

/// RunPod's API with a key.
pub struct Api {
    http: reqwest::Client,
    pub base: Url,
    key: Secret,
    /// Token of the pods, which RunPod may echo.
    token: Option<Secret>,
    timeout: Duration,
}

/// Outcome of a request.
pub enum Outcome {
    Done(Value),
    /// It was refused and had no effect; the status, unless nothing was sent.
    Refused(Option<u16>, Error),
    /// It may have had an effect.
    Unclear(Error),
}

impl Api {
    /// The API with the key in the environment or in a file.
    pub fn new(key_file: Option<&Path>, token: Option<Secret>, timeout: Duration) -> Result<Self> {
        let base = std::env::var(env_vars::RUNPOD_API).unwrap_or_else(|_| BASE.to_owned());
        let base = Url::parse(&base).map_err(|_| Error::SettingsInvalid {
            reason: format!("`{}` is not a URL", env_vars::RUNPOD_API),
        })?;
        let key = Secret::find(env_vars::RUNPOD_API_KEY, key_file)?.ok_or_else(|| {
            let reason = "there is no API key for RunPod".to_owned();
            Error::ProviderFailed { reason }.with_hint(
                "Set `RUNPOD_API_KEY` to a key from RunPod's console, or name a file that holds it \
                 with `api_key_file`.",
            )
        })?;
        let timeout = timeout.max(Duration::from_secs(1)).min(TIMEOUT);
        Ok(Self {
            http: http::client(&base, timeout)?,
            base,
            key,
            token,
            timeout,
        })
    }

    /// Reads something, several times if RunPod fails.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let mut attempt = 1;
        loop {
            match self.send(Method::GET, path, None).await {
                Outcome::Done(value) => return Ok(value),
                Outcome::Refused(_, error) => return Err(error),
                Outcome::Unclear(error) if attempt == MAX_ATTEMPTS => return Err(error),
                Outcome::Unclear(_) => {
                    tokio::time::sleep(Duration::from_millis(300) * attempt).await;
                }
            }
            attempt += 1;
        }
    }

    /// Sends a request, again after the time that RunPod asks for: a request that it throttles has
    /// had no effect.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome {
        let deadline = Instant::now() + RETRY_TIMEOUT;
        loop {
            let response = match self.send_once(method.clone(), path, body).await {
                Ok(response) => response,
                Err(error) => {
                    let reason = http::failure("RunPod", &error, self.timeout);
                    let is_unsent = error.is_connect();
                    let error = Error::ProviderFailed { reason };
                    return match is_unsent {
                        true => Outcome::Refused(None, error),
                        false => Outcome::Unclear(error),
                    };
                }
            };
            let pause = Duration::from_secs(response.retry_after.unwrap_or(1).max(1));
            if response.status == 429 && Instant::now() + pause <= deadline {
                tokio::time::sleep(pause).await;
                continue;
            }
            let json = response.json();
            return match response.status {
                200..300 => Outcome::Done(json),
                status @ (500.. | 408) => Outcome::Unclear(self.error(status, &json)),
                status => Outcome::Refused(Some(status), self.error(status, &json)),
            };
        }
    }

    /// What a stream has until it is quiet; nothing if it cannot be read.
    pub async fn stream(&self, path: &str) -> Option<String> {
        let mut response = self.request(Method::GET, path).send().await.ok()?;
        let mut body = Vec::new();
        while response.status().is_success() && body.len() < logs::MAX_SIZE {
            match tokio::time::timeout(logs::QUIET, response.chunk()).await {
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                _ => break,
            }
        }
        Some(String::from_utf8_lossy(&body).into_owned())
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let base = self.base.as_str().trim_end_matches('/');
        let request = self.http.request(method, format!("{base}{path}"));
        request.bearer_auth(self.key.reveal())
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Response::read(request.send().await?, MAX_SIZE).await
    }

    fn error(&self, status: u16, json: &Value) -> Error {
        let (problem, hint) = match status {
            400 => (
                "RunPod has no room for such a pod, or its settings break a rule",
                "If the settings are right, try again later, or name more graphics cards in \
                 `gpu.ids` or other `data_centers`.",
            ),
            402 => (
                "the balance at RunPod is used up",
                "Add credit in RunPod's console, then try again.",
            ),
            422 => (
                "RunPod does not know a setting of the pod",
                "Correct it in `[runpod]` of `podslate.toml`. If it is not there, check for a \
                 newer version of podslate.",
            ),
            401 => (
                "RunPod does not accept the API key",
                "Create a new key in RunPod's console and set `RUNPOD_API_KEY` to it.",
            ),
            403 => (
                "the API key does not have the permission at RunPod",
                "Give the key permission to read and write pods in RunPod's console.",
            ),
            404 => (
                "RunPod cannot find what was requested",
                "Check the names in `[runpod]` of `podslate.toml`.",
            ),
            409 => (
                "RunPod cannot do this at the moment",
                "Check the pod in RunPod's console, then try again.",
            ),
            429 => (
                "RunPod has received too many requests",
                "Wait a few minutes, then try again.",
            ),
            500.. => (
                "RunPod has failed",
                "Try again later; a pod that was started is found by its name.",
            ),
            _ => (
                "RunPod responded in an unknown way",
                "Check for a newer version of podslate: RunPod's API may have changed.",
            ),
        };
        let detail = self.detail(json);
        let separator = if detail.is_empty() { "" } else { ": " };
        let reason = format!("{problem} (status {status}){separator}{detail}");
        Error::ProviderFailed { reason }.with_hint(hint)
    }

    /// Sentences of a problem document, without secrets.
    fn detail(&self, json: &Value) -> String {
        let text = |key: &str| json[key].as_str().filter(|text| !text.is_empty());
        let mut parts = Vec::from_iter(text("detail").or(text("title")).map(str::to_owned));
        for error in json["errors"].as_array().into_iter().flatten().take(5) {
            let sentence = error
                .as_str()
                .or(error["detail"].as_str())
                .or(error["message"].as_str());
            parts.push(sentence.map_or_else(|| error.to_string(), str::to_owned));
        }
        text::clause(&self.hide_secrets(&parts.join("; ")))
    }

    /// A text of RunPod without the key and the token.
    pub fn hide_secrets(&self, text: &str) -> String {
        let text = self.key.hide_in(text);
        let token = self.token.as_ref();
        token.map_or(text.clone(), |token| token.hide_in(&text))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::json;

    /// An API with a key and a token that nothing listens for.
    pub fn api() -> Api {
        let base = Url::parse("http://127.0.0.1:1").unwrap();
        Api {
            http: http::client(&base, TIMEOUT).unwrap(),
            base,
            key: Secret::new("canary-key", "x").unwrap(),
            token: Some(Secret::new("canary-token", "x").unwrap()),
            timeout: TIMEOUT,
        }
    }

    #[test]
    fn a_problem_is_a_sentence_without_secrets() {
        let api = api();
        let document = json!({
            "title": "Unprocessable",
            "status": 422,
            "detail": "canary-key is no key.",
            "errors": [{"detail": "gpu.id: unknown"}, "canary-token"],
        });
        let error = api.error(422, &document);
        assert_eq!(
            error.to_string(),
            "There is no pod to use: RunPod does not know a setting of the pod (status 422): \
             [hidden] is no key.; gpu.id: unknown; [hidden]."
        );
        assert!(error.hint().unwrap().contains("podslate.toml"));
        let error = api.error(401, &Value::Null).to_string();
        assert!(
            error.contains("does not accept the API key (status 401)."),
            "{error}"
        );
    }
}
