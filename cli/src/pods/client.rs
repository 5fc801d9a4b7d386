//! The HTTP API of a pod.

use std::time::Duration;

use podslate_shared::api::{
    CreateRequest, Created, Health, NameCheck, NewNameRequest, ProjectDetails, ProjectNames,
    Renamed, Success,
};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::http::{self, Answer};
use crate::secret::Secret;
use crate::{problem, say};

/// How long a pod may take to make or rename a project, if the limit for one answer is shorter.
const CHANGE: Duration = Duration::from_secs(40);

/// Asks a pod at an address.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    token: Option<Secret>,
    timeout: Duration,
}

impl Client {
    /// A client for the pod at `url`.
    ///
    /// # Errors
    /// The system does not let a client be made.
    pub fn new(url: &Url, token: Option<Secret>, timeout: Duration) -> Result<Self, ErrorBody> {
        if token.is_some() && url.scheme() == "http" && !http::is_here(url) {
            say::note(
                "warning: the pod's address starts with http://, so others on the way can read its token.",
            );
        }
        Ok(Self {
            http: http::client(url, timeout)?,
            url: url.clone(),
            token,
            timeout,
        })
    }

    /// Whether podslate answers at the address. The token is not sent: it is not known yet who
    /// would get it.
    ///
    /// # Errors
    /// [`ErrorCode::PodUnreachable`], [`ErrorCode::PodUntrusted`] or [`ErrorCode::NotAPodslate`].
    pub async fn health(&self) -> Result<Health, ErrorBody> {
        let request = self.http.get(self.address(&["health"]));
        let health: Health = self.answer(request, self.timeout).await?;
        if health.status == "healthy" {
            return Ok(health);
        }
        let what = format!("{} says that it is not healthy", http::shown(&self.url));
        Err(problem::new(ErrorCode::PodUnreachable, what))
    }

    /// Whether a name is free.
    ///
    /// # Errors
    /// The pod does not answer as it should.
    pub async fn check(&self, name: &ProjectName) -> Result<NameCheck, ErrorBody> {
        self.get(&["api", "names", name.as_str()]).await
    }

    /// The folder of a project on the pod, if there is the project.
    ///
    /// # Errors
    /// The pod does not answer as it should, or the name is taken by what is no project.
    pub async fn find(&self, name: &ProjectName) -> Result<Option<String>, ErrorBody> {
        if name.as_str() == "list" {
            // Its address is that of the list.
            let names = self.names().await?;
            let path = self.check(name).await?.project_path.unwrap_or_default();
            return Ok(names.iter().any(|other| other == "list").then_some(path));
        }
        match self.get(&["api", "projects", name.as_str()]).await {
            Ok(ProjectDetails::<Value> { project_path, .. }) => Ok(Some(project_path)),
            Err(error) if error.code == ErrorCode::ProjectNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a project, or gives this name to the untouched default one.
    ///
    /// # Errors
    /// As the pod answers; [`ErrorCode::PodUnreachable`] if it is not known whether it was made.
    pub async fn create(&self, name: &ProjectName, adopt: bool) -> Result<Created, ErrorBody> {
        let body = CreateRequest {
            project_name: name.to_string(),
            adopt_default: adopt.then_some(true),
        };
        match self.post(&["api", "projects", "create"], &body).await {
            Err(error) if is_unclear(error.code) => match self.find(name).await {
                // The answer was lost, not the project.
                Ok(Some(project_path)) => Ok(Created {
                    status: Success::Success,
                    project_name: name.to_string(),
                    project_path,
                    message: format!("The project `{name}` was created."),
                }),
                _ => Err(ErrorBody {
                    hint: Some(
                        "Run the same command again; it is not known whether the pod made the \
                         project."
                            .to_owned(),
                    ),
                    ..error
                }),
            },
            answer => answer,
        }
    }

    /// The names of all projects.
    ///
    /// # Errors
    /// The pod does not answer as it should.
    pub async fn names(&self) -> Result<Vec<String>, ErrorBody> {
        let answer: ProjectNames = self.get(&["api", "projects", "list"]).await?;
        Ok(answer.projects)
    }

    /// Renames a project.
    ///
    /// # Errors
    /// As the pod answers.
    pub async fn rename(&self, old: &ProjectName, new: &ProjectName) -> Result<Renamed, ErrorBody> {
        let body = NewNameRequest {
            new_name: new.to_string(),
        };
        let path = ["api", "projects", old.as_str(), "rename"];
        self.post(&path, &body).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ErrorBody> {
        let request = self.request(Method::GET, path);
        self.answer(request, self.timeout).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl serde::Serialize,
    ) -> Result<T, ErrorBody> {
        let timeout = self.timeout.max(CHANGE);
        let request = self.request(Method::POST, path).json(body).timeout(timeout);
        self.answer(request, timeout).await
    }

    fn request(&self, method: Method, path: &[&str]) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.address(path));
        match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        timeout: Duration,
    ) -> Result<T, ErrorBody> {
        let broken = |error| http::no_answer(&self.url, &error, timeout);
        let response = request.send().await.map_err(broken)?;
        let answer = Answer::read(response).await.map_err(broken)?;
        if (200..300).contains(&answer.status) {
            let read = answer
                .json
                .and_then(|json| serde_json::from_value(json).ok());
            return read.ok_or_else(|| self.stranger("its answer is not one of podslate"));
        }
        Err(self.refusal(&answer))
    }

    fn refusal(&self, answer: &Answer) -> ErrorBody {
        let told = answer.json.as_ref();
        let sentence = told.and_then(|json| json["error"].as_str());
        match (answer.status, sentence) {
            (300..=399, _) => {
                let to = answer
                    .location
                    .as_deref()
                    .and_then(|to| self.url.join(to).ok());
                let to = to
                    .map(|url| format!(" to {}", http::shown(&url)))
                    .unwrap_or_default();
                self.stranger(&format!("it redirects{to}"))
            }
            // The gateway in front of the pod answers in its place.
            (502..=504 | 520..=530, None) => {
                let at = http::shown(&self.url);
                let what = format!("a gateway answers {} for {at}", answer.status);
                problem::new(ErrorCode::PodUnreachable, what)
            }
            (401, _) => self.unauthorized(),
            (_, Some(sentence)) => self.told(told, sentence, answer.status),
            (status, None) => self.stranger(&format!("it answers {status}")),
        }
    }

    /// An error as the pod told it; one that this program does not know yet keeps its sentence.
    fn told(&self, json: Option<&Value>, sentence: &str, status: u16) -> ErrorBody {
        let known = json.and_then(|json| serde_json::from_value(json.clone()).ok());
        let unknown = || ErrorBody {
            hint: None,
            ..ErrorBody::new(
                match status {
                    500.. => ErrorCode::Internal,
                    _ => ErrorCode::RequestInvalid,
                },
                "",
            )
        };
        let mut error: ErrorBody = known.unwrap_or_else(unknown);
        error.error = self.cleaned(sentence);
        error.message.clone_from(&error.error);
        error.hint = error.hint.map(|hint| self.cleaned(&hint));
        error.suggestion = error.suggestion.map(|text| self.cleaned(&text));
        error.rule = error.rule.map(|text| self.cleaned(&text));
        error
    }

    fn unauthorized(&self) -> ErrorBody {
        let at = http::shown(&self.url);
        let what = match &self.token {
            Some(_) => format!("{at} does not know the token that was sent"),
            None => format!("{at} wants a token, and none is known here"),
        };
        problem::new(ErrorCode::PodUnauthorized, what)
    }

    fn stranger(&self, what: &str) -> ErrorBody {
        let what = format!("{}: {what}", http::shown(&self.url));
        problem::new(ErrorCode::NotAPodslate, self.cleaned(&what))
    }

    fn cleaned(&self, text: &str) -> String {
        let text = match &self.token {
            Some(token) => token.hide_in(text),
            None => text.to_owned(),
        };
        problem::clean(&text)
    }
}

/// Whether a change may have happened although it was not answered.
fn is_unclear(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::PodUnreachable | ErrorCode::NotAPodslate)
}
