//! All HTTP of the page. Addresses are relative, so the page also works below a path prefix.

use std::pin::Pin;

use gloo_net::http::{Method, RequestBuilder, Response};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::api::{
    CreateRequest, Created, Health, ListQuery, NameCheck, NewNameRequest, ProjectPage, Renamed,
    Sort,
};
use podslate_shared::{ErrorBody, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::js_sys::encode_uri_component;
use web_sys::{AbortController, RequestCache};

/// How long reading may take, in milliseconds.
const READING: u32 = 10_000;
/// How long changing the workspace may take, in milliseconds; a slow network disk is no error.
const CHANGING: u32 = 60_000;

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The server said no.
    Refused(ErrorBody),
    /// The server wants a token, or another one.
    Unauthorized,
    /// No answer, or not one of podslate's: a proxy also answers for a pod that is gone.
    Unreachable,
}

/// The server, as the page sees it.
#[derive(Clone, Copy)]
pub struct Client {
    /// What every request carries, where the server wants one.
    pub token: RwSignal<Option<String>>,
}

impl Client {
    /// What and where the server is; needs no token.
    pub async fn health(self) -> Result<Health, Failure> {
        self.get("health").await
    }

    /// The projects that a query asks for.
    pub async fn list(self, query: &ListQuery) -> Result<ProjectPage, Failure> {
        self.get(&list_address(query)).await
    }

    /// Whether a name is free, and where its project would be.
    pub async fn check(self, name: &str) -> Result<NameCheck, Failure> {
        self.get(&format!("api/names/{}", encoded(name))).await
    }

    /// Makes a project.
    pub async fn create(self, name: &str) -> Result<Created, Failure> {
        let body = CreateRequest {
            project_name: name.to_owned(),
            adopt_default: None,
        };
        self.post("api/projects/create", &body).await
    }

    /// Gives a project another name.
    pub async fn rename(self, old: &str, new: &str) -> Result<Renamed, Failure> {
        let body = NewNameRequest {
            new_name: new.to_owned(),
        };
        let address = format!("api/projects/{}/rename", encoded(old));
        self.post(&address, &body).await
    }

    async fn get<T: DeserializeOwned>(self, address: &str) -> Result<T, Failure> {
        understood(&self.boxed(Method::GET, address, None, READING).await?)
    }

    async fn post<T: DeserializeOwned>(
        self,
        address: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_string(body).map_err(|_| not_understood())?;
        let answer = self.boxed(Method::POST, address, Some(body), CHANGING);
        understood(&answer.await?)
    }

    /// The same future for every kind of answer, so that the program holds it once.
    fn boxed<'a>(
        self,
        method: Method,
        address: &'a str,
        body: Option<String>,
        patience: u32,
    ) -> Pin<Box<dyn Future<Output = Result<String, Failure>> + 'a>> {
        Box::pin(self.exchange(method, address, body, patience))
    }

    async fn exchange(
        self,
        method: Method,
        address: &str,
        body: Option<String>,
        patience: u32,
    ) -> Result<String, Failure> {
        let abort = AbortController::new().map_err(|_| Failure::Unreachable)?;
        let mut request = RequestBuilder::new(address)
            .method(method)
            .cache(RequestCache::NoCache)
            .header("Accept", "application/json")
            .abort_signal(Some(&abort.signal()));
        if let Some(token) = self.token.get_untracked() {
            request = request.header("Authorization", &format!("Bearer {token}"));
        }
        let request = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body),
            None => request.build(),
        };
        // The timer ends with this function, and with it the wish to abort.
        let _timer = Timeout::new(patience, move || abort.abort());
        let answer = request.map_err(|_| Failure::Unreachable)?.send().await;
        read(answer.map_err(|_| Failure::Unreachable)?).await
    }
}

/// How an order is spelled in an address.
pub fn sort_word(sort: Sort) -> &'static str {
    match sort {
        Sort::Name => "name",
        Sort::Created => "created",
        Sort::Modified => "modified",
    }
}

async fn read(answer: Response) -> Result<String, Failure> {
    if answer.status() == 401 {
        return Err(Failure::Unauthorized);
    }
    let kind = answer.headers().get("content-type").unwrap_or_default();
    if !kind.contains("json") {
        return Err(Failure::Unreachable);
    }
    let text = answer.text().await.map_err(|_| Failure::Unreachable)?;
    match answer.ok() {
        true => Ok(text),
        false => {
            Err(serde_json::from_str(&text).map_or_else(|_| not_understood(), Failure::Refused))
        }
    }
}

fn understood<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|_| not_understood())
}

/// The page and the server are of different versions.
fn not_understood() -> Failure {
    let sentence = "This page does not understand the pod's answer.";
    Failure::Refused(ErrorBody {
        error: sentence.to_owned(),
        message: sentence.to_owned(),
        hint: Some("Reload the page to get its current version.".to_owned()),
        ..ErrorBody::new(ErrorCode::Internal, "")
    })
}

fn list_address(query: &ListQuery) -> String {
    let mut address = format!("api/projects?sort={}", sort_word(query.sort));
    if let Some(limit) = query.limit {
        address += &format!("&limit={limit}");
    }
    if let Some(q) = query.q.as_deref().filter(|q| !q.is_empty()) {
        address += &format!("&q={}", encoded(q));
    }
    address
}

fn encoded(text: &str) -> String {
    encode_uri_component(text).into()
}
