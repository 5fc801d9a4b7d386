//! Requests to RunPod's REST API v2, and its problem documents in words.

use std::path::Path;
use std::time::{Duration, Instant};

use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::pods::http::{self, Answer};
use crate::problem;
use crate::secret::Secret;

const BASE: &str = "https://api.runpod.io";
/// For tests: another server in RunPod's place.
const BASE_VARIABLE: &str = "PODSLATE_RUNPOD_API";
const KEY_VARIABLE: &str = "RUNPOD_API_KEY";
/// How long RunPod may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that is waited in all because RunPod asks for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a question is asked that RunPod cannot answer.
const TRIES: u32 = 3;

/// RunPod's API with a key.
pub struct Api {
    http: reqwest::Client,
    base: Url,
    key: Secret,
    /// The token of the pods, which RunPod may say back.
    token: Option<Secret>,
    timeout: Duration,
}

/// What became of a request.
pub enum Outcome {
    /// It was done.
    Done(Value),
    /// It was refused, so it had no effect.
    Refused(ErrorBody),
    /// It may have had an effect.
    Unclear(ErrorBody),
}

impl Api {
    /// The API with the key of the environment, or the one in a file.
    ///
    /// # Errors
    /// There is no key.
    pub fn new(
        key_file: Option<&Path>,
        token: Option<Secret>,
        timeout: Duration,
    ) -> Result<Self, ErrorBody> {
        let base = std::env::var(BASE_VARIABLE).unwrap_or_else(|_| BASE.to_owned());
        let base = Url::parse(&base).map_err(|_| {
            let what = format!("{BASE_VARIABLE} is not a URL");
            problem::new(ErrorCode::SettingsInvalid, what)
        })?;
        let key = match (Secret::from_environment(KEY_VARIABLE)?, key_file) {
            (Some(key), _) => Some(key),
            (None, Some(path)) => Secret::from_file(path)?,
            (None, None) => None,
        };
        let key = key.ok_or_else(|| {
            let hint = format!(
                "Put a key from RunPod's console into the environment variable {KEY_VARIABLE}, or \
                 name a file with it as `api_key_file`."
            );
            let what = "there is no API key for RunPod";
            problem::hinted(ErrorCode::ProviderFailed, what, hint)
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

    /// Where it is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Asks a question, again if RunPod could not answer it.
    pub async fn get(&self, path: &str) -> Result<Value, ErrorBody> {
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
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome {
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
        let base = self.base.as_str().trim_end_matches('/');
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
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use serde_json::json;

    /// The API with a key and a token, nowhere.
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
