//! HTTP client of the API. Addresses are relative, so that the page also works below a path prefix.

use std::pin::Pin;

use gloo_net::http::{Method, RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use podslate_shared::api::{
    CreateRequest, CreateResponse, Health, ListQuery, LoginRequest, NameCheck, NewNameRequest,
    Pipeline, PipelineLog, ProjectPage, RenameResponse, RestartRequest, Session, Sort,
};
use podslate_shared::{ErrorBody, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::js_sys::encode_uri_component;
use web_sys::{AbortController, RequestCache};

/// Maximum duration of a request that reads, in milliseconds.
const READ_TIMEOUT: u32 = 10_000;
/// Maximum duration of a request that changes something, in milliseconds: network disks are slow.
const CHANGE_TIMEOUT: u32 = 60_000;

/// Reason why a request has no result.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestError {
    /// The server answered with an error.
    Refused(ErrorBody),
    /// The server requires a token, or rejected the one it got.
    Unauthorized,
    /// There is no response, or a proxy answers for a pod that is gone.
    Unreachable,
}

pub type Result<T> = std::result::Result<T, RequestError>;

/// Workspace and version of the server; requires no token.
pub async fn health() -> Result<Health> {
    get("health").await
}

/// Whether the server requires a token, and whether this browser is signed in.
pub async fn session() -> Result<Session> {
    get("api/session").await
}

/// Exchanges the token for a session, which the browser keeps in a cookie.
pub async fn login(token: String) -> Result<Session> {
    post("api/session/login", &LoginRequest { token }).await
}

pub async fn logout() -> Result<Session> {
    post("api/session/logout", &()).await
}

/// Lists the projects that match a query.
pub async fn list(query: &ListQuery) -> Result<ProjectPage> {
    let mut address = format!("api/projects?sort={}", sort_word(query.sort));
    if let Some(limit) = query.limit {
        address += &format!("&limit={limit}");
    }
    if let Some(q) = query.q.as_deref().filter(|q| !q.is_empty()) {
        address += &format!("&q={}", encoded(q));
    }
    get(&address).await
}

/// Checks whether a project of that name can be created.
pub async fn check(name: &str) -> Result<NameCheck> {
    get(&format!("api/names/{}", encoded(name))).await
}

/// Creates a project, or renames the pristine default project to `name`.
pub async fn create(name: &str, adopt_default: bool) -> Result<CreateResponse> {
    let body = CreateRequest {
        project_name: name.to_owned(),
        adopt_default: adopt_default.then_some(true),
    };
    post("api/projects/create", &body).await
}

pub async fn rename(old: &str, new: &str) -> Result<RenameResponse> {
    let new_name = new.to_owned();
    let address = format!("api/projects/{}/rename", encoded(old));
    post(&address, &NewNameRequest { new_name }).await
}

pub async fn pipeline() -> Result<Pipeline> {
    get("api/pipeline").await
}

/// Output of the pipeline command after the line number `after`.
pub async fn pipeline_log(after: u64) -> Result<PipelineLog> {
    get(&format!("api/pipeline/log?after={after}")).await
}

/// Starts or restarts the pipeline command (`restart`), or stops it (`stop`).
pub async fn change_pipeline(action: &str) -> Result<Pipeline> {
    let address = format!("api/pipeline/{action}");
    post(&address, &RestartRequest::default()).await
}

/// Spelling of an order in an address.
pub fn sort_word(sort: Sort) -> &'static str {
    match sort {
        Sort::Name => "name",
        Sort::Created => "created",
        Sort::Modified => "modified",
    }
}

async fn get<T: DeserializeOwned>(address: &str) -> Result<T> {
    parse(&exchange(Method::GET, address, None, READ_TIMEOUT).await?)
}

async fn post<T: DeserializeOwned>(address: &str, body: &impl Serialize) -> Result<T> {
    let body = serde_json::to_string(body).map_err(|_| incompatible())?;
    parse(&exchange(Method::POST, address, Some(body), CHANGE_TIMEOUT).await?)
}

/// Sends a request and reads the response; boxed, so that the program contains it once.
fn exchange(
    method: Method,
    address: &str,
    body: Option<String>,
    timeout: u32,
) -> Pin<Box<dyn Future<Output = Result<String>> + '_>> {
    Box::pin(async move {
        let abort = AbortController::new().map_err(|_| RequestError::Unreachable)?;
        let request = RequestBuilder::new(address)
            .method(method)
            .cache(RequestCache::NoCache)
            .header("Accept", "application/json")
            .abort_signal(Some(&abort.signal()));
        let request = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body),
            None => request.build(),
        };
        let request = request.map_err(|_| RequestError::Unreachable)?;
        // Dropped with this future, and cancelled by that.
        let _timer = Timeout::new(timeout, move || abort.abort());
        let response = request.send().await;
        read(response.map_err(|_| RequestError::Unreachable)?).await
    })
}

async fn read(response: Response) -> Result<String> {
    if response.status() == 401 {
        return Err(RequestError::Unauthorized);
    }
    let content_type = response.headers().get("content-type").unwrap_or_default();
    if !content_type.contains("json") {
        return Err(RequestError::Unreachable);
    }
    let text = response.text().await;
    let text = text.map_err(|_| RequestError::Unreachable)?;
    if response.ok() {
        return Ok(text);
    }
    Err(parse(&text).map_or_else(|error| error, RequestError::Refused))
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| incompatible())
}

/// Error of a page and a server of different versions.
fn incompatible() -> RequestError {
    let sentence = "This page cannot read the server's response.";
    RequestError::Refused(ErrorBody {
        code: ErrorCode::Internal,
        error: sentence.to_owned(),
        message: sentence.to_owned(),
        hint: Some("Reload the page to get its current version.".to_owned()),
        rule: None,
        suggestion: None,
    })
}

fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}
