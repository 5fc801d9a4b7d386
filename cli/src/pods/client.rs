//! Client of a pod's HTTP API.

use std::collections::HashSet;
use std::time::Duration;

use podslate_shared::api::{
    CreateRequest, Health, ListState, NameCheck, NewNameRequest, Problems, ProjectDetails,
    ProjectNames, Warning,
};
use podslate_shared::{
    ConfigProblem, Created, ErrorBody, ErrorCode, FolderName, ProjectName, Renamed,
};
use reqwest::{Method, RequestBuilder, Url};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::answer::{self, Change};
use crate::error::{Error, Result};
use crate::http::{self, Response};
use crate::output;
use crate::secret::Secret;
use crate::text::clean;

/// Minimum time limit for creating or renaming a project.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(40);
/// Number of projects on a page of a list, and of pages that are read.
const PAGE: &str = "500";
const MAX_PAGES: usize = 10;
/// Maximum size of the response to a change, in bytes.
const MAX_CHANGE: usize = 64 * 1024;

/// Client of the pod at an address.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    token: Option<Secret>,
    timeout: Duration,
}

impl Client {
    /// A client for the pod at `url`.
    pub fn new(url: &Url, token: Option<Secret>, timeout: Duration) -> Result<Self> {
        if token.is_some() && url.scheme() == "http" && !http::is_loopback(url) {
            output::warning(
                "the pod's address starts with `http://`, so others on the network can read its \
                 token.",
            );
        }
        Ok(Self {
            http: http::client(url, timeout)?,
            url: url.clone(),
            token,
            timeout,
        })
    }

    /// Checks that podslate responds at the address. The token is not sent: it is not yet known who
    /// would receive it.
    ///
    /// # Errors
    /// [`Error::PodUnreachable`], [`Error::PodUntrusted`] or [`Error::NotAPodslate`].
    pub async fn health(&self) -> Result<()> {
        let request = self.http.get(self.address(&["health"]));
        let health: Health = self.send(request, self.timeout, MAX_CHANGE).await?;
        if health.status == "healthy" {
            return Ok(());
        }
        let address = http::display(&self.url);
        let reason = format!("{address} reports that it is not healthy");
        Err(Error::PodUnreachable { reason })
    }

    /// Checks whether a project can be created; `None` if the pod's version does not know this
    /// request.
    pub async fn check(&self, name: &ProjectName) -> Result<Option<NameCheck>> {
        let check = self.get(&["api", "names", name.as_str()]).await;
        let check = unless(check, ErrorCode::NotFound)?;
        check.map(|check| answer::checked(name, check)).transpose()
    }

    /// Folder of a project on the pod; `None` if there is no such project.
    pub async fn find(&self, name: &ProjectName) -> Result<Option<String>> {
        if name.as_str() == "list" {
            // The address of the project `list` is that of the list.
            let is_there = self.names().await?.iter().any(|other| other == "list");
            let path = self.check(name).await?.and_then(|check| check.project_path);
            return Ok(path.filter(|_| is_there));
        }
        let details = self.get(&["api", "projects", name.as_str()]).await;
        let details = unless(details, ErrorCode::ProjectNotFound)?;
        details.map_or(Ok(None), |details: ProjectDetails<IgnoredAny>| {
            answer::names(&details.project_name, name.as_str())?;
            answer::is_folder(&details.project_path, name.as_str())?;
            Ok(Some(details.project_path))
        })
    }

    /// Present name of a project that may have been renamed; `None` if the pod does not have it.
    pub async fn present_name(&self, name: &FolderName) -> Result<Option<FolderName>> {
        let details = self.get(&["api", "projects", name.as_str()]).await;
        match details {
            Ok(ProjectDetails::<IgnoredAny> { project_name, .. }) => {
                answer::names(&project_name, name.as_str())?;
                Ok(Some(name.clone()))
            }
            Err(error) if error.is(ErrorCode::Renamed) => {
                let body = error.api().map(|error| ErrorBody::from(error.clone()));
                let new_name = body.and_then(|body| body.new_name);
                Ok(new_name.and_then(|name| FolderName::parse(&name).ok()))
            }
            Err(error) if error.is(ErrorCode::ProjectNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a project, or renames the pristine default project to it.
    ///
    /// # Errors
    /// Those of the pod; [`Error::PodUnreachable`] if the outcome is not known.
    pub async fn create(&self, name: &ProjectName, adopt: bool) -> Result<Change<Created>> {
        let body = CreateRequest {
            project_name: name.to_string(),
            adopt_default: adopt.then_some(true),
        };
        let path = ["api", "projects", "create"];
        let error = match self.post::<Created>(&path, &body).await {
            Err(error @ (Error::PodUnreachable { .. } | Error::NotAPodslate { .. })) => error,
            Err(error) => return Err(error),
            Ok(change) => return answer::created(name, change),
        };
        // Perhaps only the response was lost.
        match self.find(name).await {
            Ok(Some(project_path)) => {
                let result = Created {
                    project_name: name.clone(),
                    project_path,
                };
                let message = result.to_string();
                Ok(Change { result, message })
            }
            _ => Err(error.with_hint(
                "Run the same command again; it is not known whether the pod created the project.",
            )),
        }
    }

    /// Names of all projects.
    pub async fn names(&self) -> Result<Vec<String>> {
        let names: ProjectNames = self.get(&["api", "projects", "list"]).await?;
        answer::listed(names.projects)
    }

    /// Problems of the projects `names`, as far as the pod knows them, and the number of projects of
    /// which it does not. An older version of podslate knows none.
    pub async fn problems(&self, names: &[String]) -> Result<(Vec<Problems>, usize)> {
        let (mut problems, mut known) = (Vec::new(), HashSet::new());
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut url = self.address(&["api", "projects"]);
            url.query_pairs_mut().append_pair("limit", PAGE);
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after", after);
            }
            let request = self.authorized(self.http.get(url));
            let page: Page = self.send(request, self.timeout, http::MAX_SIZE).await?;
            for row in page.projects {
                let is_new = row.state.is_none() && known.insert(row.name.clone());
                if is_new && !row.warnings.is_empty() {
                    problems.push(Problems {
                        project_name: row.name,
                        warnings: row.warnings,
                        config_problem: row.config_problem,
                    });
                }
            }
            after = page.next.filter(|next| after.as_ref() != Some(next));
            if after.is_none() {
                break;
            }
        }
        let listed: HashSet<&String> = names.iter().collect();
        problems.retain(|problems| listed.contains(&problems.project_name));
        let unknown = names.iter().filter(|name| !known.contains(*name));
        Ok((problems, unknown.count()))
    }

    /// Renames a project.
    pub async fn rename(&self, old: &FolderName, new: &ProjectName) -> Result<Change<Renamed>> {
        let body = NewNameRequest {
            new_name: new.to_string(),
        };
        let path = ["api", "projects", old.as_str(), "rename"];
        answer::renamed(old, new, self.post(&path, &body).await?)
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T> {
        let request = self.request(Method::GET, path);
        self.send(request, self.timeout, http::MAX_SIZE).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Change<T>> {
        let timeout = self.timeout.max(CHANGE_TIMEOUT);
        let request = self.request(Method::POST, path).json(body).timeout(timeout);
        let mut change: Change<T> = self.send(request, timeout, MAX_CHANGE).await?;
        change.message = clean(&change.message);
        Ok(change)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.authorized(self.http.request(method, self.address(path)))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
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

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        timeout: Duration,
        max_size: usize,
    ) -> Result<T> {
        let failed = |error| http::no_response(&self.url, &error, timeout);
        let response = request.send().await.map_err(failed)?;
        let mut response = Response::read(response, max_size).await.map_err(failed)?;
        if let Some(token) = &self.token {
            response.body = token.hide_in(&response.body);
        }
        if !(200..300).contains(&response.status) {
            return Err(self.error(&response));
        }
        serde_json::from_str(&response.body).map_err(|_| match response.is_too_large {
            true => {
                let size = max_size / 1024;
                self.not_podslate(&format!("its response is larger than {size} KiB"))
            }
            false => self.not_podslate("its response is not one of podslate"),
        })
    }

    fn error(&self, response: &Response) -> Error {
        let problem: Option<Problem> = serde_json::from_str(&response.body).ok();
        match (response.status, problem) {
            (300..=399, _) => {
                let target = response.location.as_deref();
                let target = target.and_then(|target| self.url.join(target).ok());
                let target = target.map(|url| format!(" to {}", http::display(&url)));
                self.not_podslate(&format!("it redirects{}", target.unwrap_or_default()))
            }
            // The gateway in front of the pod responds in its place.
            (status @ (502..=504 | 520..=530), None) => {
                let address = http::display(&self.url);
                let reason = format!("the gateway of {address} responded with status {status}");
                Error::PodUnreachable { reason }
            }
            (401, _) => {
                let address = http::display(&self.url);
                let reason = match &self.token {
                    Some(_) => format!("{address} does not accept the token that was sent"),
                    None => format!("{address} requires a token, and none is known here"),
                };
                Error::PodUnauthorized { reason }
            }
            (status, Some(problem)) => reported(&response.body, &problem.error, status),
            (status, None) => self.not_podslate(&format!("it responded with status {status}")),
        }
    }

    fn not_podslate(&self, problem: &str) -> Error {
        let reason = format!("{}: {problem}", http::display(&self.url));
        Error::NotAPodslate { reason }
    }
}

/// Page of a list.
#[derive(Deserialize)]
struct Page {
    projects: Vec<Row>,
    next: Option<String>,
}

/// Project in a list, without what only the page shows.
#[derive(Deserialize)]
struct Row {
    name: String,
    warnings: Vec<Warning>,
    config_problem: Option<ConfigProblem>,
    state: Option<ListState>,
}

/// What every error of podslate has.
#[derive(Deserialize)]
struct Problem {
    error: String,
}

/// Error that the pod reported. One that this program does not know keeps its sentence.
fn reported(json: &str, sentence: &str, status: u16) -> Error {
    let mut body = serde_json::from_str(json).unwrap_or_else(|_| {
        let code = match status {
            ..500 => ErrorCode::RequestInvalid,
            500.. => ErrorCode::Internal,
        };
        ErrorBody::new(code, "")
    });
    body.error = clean(sentence);
    body.message.clone_from(&body.error);
    body.hint = body.hint.as_deref().map(clean);
    body.into()
}

/// `None` instead of the error `code`.
fn unless<T>(result: Result<T>, code: ErrorCode) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(code) => Ok(None),
        Err(error) => Err(error),
    }
}
