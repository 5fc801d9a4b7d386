//! HTTP client of the API. Addresses are relative, so that the page also works below a path prefix.

use std::cell::Cell;
use std::pin::Pin;

use gloo_net::http::{Method, RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use podslate_shared::api::{
    CreateRequest, Health, ListQuery, LoginRequest, NameCheck, NewNameRequest, Pipeline,
    PipelineLog, ProjectPage, RestartRequest, Session, Sort,
};
use podslate_shared::{ErrorBody, ErrorCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::js_sys::Math::random;
use web_sys::js_sys::encode_uri_component;
use web_sys::{AbortController, RequestCache};

/// Maximum duration of a request that reads, in milliseconds.
const READ_TIMEOUT: u32 = 10_000;
/// Maximum duration of a request that changes something, in milliseconds: network disks are slow.
const CHANGE_TIMEOUT: u32 = 60_000;

/// Header that tells a change that is sent again from another.
const KEY: &str = "Idempotency-Key";

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

/// What `CreateResponse` and `RenameResponse` have in common.
#[derive(Deserialize)]
pub struct Saved {
    /// New name.
    #[serde(alias = "new_name")]
    pub project_name: String,
    /// Folder of the project on the server.
    pub project_path: String,
    /// Sentence for people.
    pub message: String,
}

/// Text of a response.
struct Answer {
    text: String,
    etag: Option<String>,
    /// Whether the text is missing, because it is the one that the client knows.
    is_unchanged: bool,
}

/// The last list, which the server does not send again while it is the same.
struct Known {
    address: String,
    etag: String,
    text: String,
}

thread_local! {
    static LAST_LIST: Cell<Option<Known>> = const { Cell::new(None) };
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
    for (name, number) in [("limit", query.limit), ("offset", query.offset)] {
        if let Some(number) = number {
            address += &format!("&{name}={number}");
        }
    }
    for (name, text) in [("q", &query.q), ("around", &query.around)] {
        if let Some(text) = text {
            address += &format!("&{name}={}", encoded(text));
        }
    }
    let known = LAST_LIST.take().filter(|known| known.address == address);
    let etag = known
        .as_ref()
        .map(|known| ("If-None-Match", known.etag.as_str()));
    let answer = exchange(Method::GET, &address, None, READ_TIMEOUT, etag).await?;
    let text = match (answer.is_unchanged, known) {
        (true, Some(known)) => known.text,
        _ => answer.text,
    };
    let page = parse(&text)?;
    LAST_LIST.set(answer.etag.map(|etag| Known {
        address,
        etag,
        text,
    }));
    Ok(page)
}

/// Checks whether a project of that name can be created.
pub async fn check(name: &str) -> Result<NameCheck> {
    get(&format!("api/names/{}", encoded(name))).await
}

/// Creates a project, or renames the pristine default project to `name`. A request that is sent again
/// has the same key.
pub async fn create(name: &str, adopt_default: bool, key: &str) -> Result<Saved> {
    let body = CreateRequest {
        project_name: name.to_owned(),
        adopt_default: adopt_default.then_some(true),
    };
    change("api/projects/create", &body, Some((KEY, key))).await
}

/// Renames a project. A request that is sent again has the same key.
pub async fn rename(old: &str, new: &str, key: &str) -> Result<Saved> {
    let new_name = new.to_owned();
    let address = format!("api/projects/{}/rename", encoded(old));
    change(&address, &NewNameRequest { new_name }, Some((KEY, key))).await
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
    parse(
        &exchange(Method::GET, address, None, READ_TIMEOUT, None)
            .await?
            .text,
    )
}

async fn post<T: DeserializeOwned>(address: &str, body: &impl Serialize) -> Result<T> {
    change(address, body, None).await
}

async fn change<T: DeserializeOwned>(
    address: &str,
    body: &impl Serialize,
    header: Option<(&str, &str)>,
) -> Result<T> {
    let body = serde_json::to_string(body).map_err(|_| incompatible())?;
    let answer = exchange(Method::POST, address, Some(body), CHANGE_TIMEOUT, header);
    parse(&answer.await?.text)
}

/// Sends a request and reads the response; boxed, so that the program contains it once.
fn exchange<'a>(
    method: Method,
    address: &'a str,
    body: Option<String>,
    timeout: u32,
    header: Option<(&'a str, &'a str)>,
) -> Pin<Box<dyn Future<Output = Result<Answer>> + 'a>> {
    Box::pin(async move {
        let abort = AbortController::new().map_err(|_| RequestError::Unreachable)?;
        let mut request = RequestBuilder::new(address)
            .method(method)
            .cache(RequestCache::NoStore)
            .header("Accept", "application/json")
            .abort_signal(Some(&abort.signal()));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
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

async fn read(response: Response) -> Result<Answer> {
    let status = response.status();
    if status == 401 {
        return Err(RequestError::Unauthorized);
    }
    let is_unchanged = status == 304;
    let content_type = response.headers().get("content-type").unwrap_or_default();
    if !is_unchanged && !content_type.contains("json") {
        return Err(RequestError::Unreachable);
    }
    let etag = response.headers().get("etag");
    let text = response.text().await;
    let text = text.map_err(|_| RequestError::Unreachable)?;
    if response.ok() || is_unchanged {
        return Ok(Answer {
            text,
            etag,
            is_unchanged,
        });
    }
    Err(parse(&text).map_or_else(|error| error, RequestError::Refused))
}

/// Parses what the server sent; not inlined, so that the program contains it once for each type.
#[inline(never)]
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| incompatible())
}

/// Error of a page and a server of different versions.
fn incompatible() -> RequestError {
    let sentence = "This page cannot read the server's response.";
    let mut body = ErrorBody::new(ErrorCode::Internal, sentence);
    body.hint = Some("Reload the page to get its current version.".to_owned());
    RequestError::Refused(body)
}

/// Key of a new change.
pub fn new_key() -> String {
    // Pages from plain http have no other random numbers.
    let part = || (random() * 1e16) as u64;
    format!("{:x}-{:x}", part(), part())
}

fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}
