//! Checks of a request: its host, its site and its token.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::headers::HeaderMapExt;
use axum_extra::headers::authorization::{Authorization, Bearer};
use podslate_shared::Error;
use tower_http::cors::CorsLayer;

use crate::http::app::{App, Config, Origin};
use crate::http::error::ApiError;
use crate::http::host;
use crate::http::repeats::IDEMPOTENCY_KEY;

/// Relation of the page that sends a request to this server, as the browser sees it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Maximum length of a host name in an error, in characters.
const MAX_SHOWN: usize = 100;

/// Rejects a request for another host. A page elsewhere can point its own host name at this server,
/// but cannot change the name in the request.
pub async fn require_host(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let mut hosts = request.headers().get_all(HOST).iter();
    // Neither of two names can be believed.
    let host = hosts.next().filter(|_| hosts.next().is_none());
    let host = host.and_then(|host| host.to_str().ok());
    let name = host.map(host::name_of).unwrap_or_default();
    if app.config.allows_host(name) {
        return Ok(next.run(request).await);
    }
    let shown: String = name.chars().take(MAX_SHOWN).collect();
    let reason = format!(
        "`{shown}` is not a known name of the server; start it with `--public-host {shown}` if it \
         should be"
    );
    Err(Error::Forbidden { reason }.into())
}

/// Rejects changes requested by pages of other sites.
pub async fn require_site(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match refusal(&app.config, &request) {
        None => Ok(next.run(request).await),
        Some(reason) => Err(Error::Forbidden { reason }.into()),
    }
}

/// Why a change is refused because of the page that requests it; `None` if it is not.
///
/// Browsers say `Sec-Fetch-Site` of pages on HTTPS and on this machine. Of others, the `Origin` has
/// to be a name of this server, which a proxy may hide from it.
fn refusal(config: &Config, request: &Request) -> Option<String> {
    let headers = request.headers();
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next();
    let is_trusted = |origin: &HeaderValue| config.origins.iter().any(|it| it.0 == origin);
    if request.method().is_safe() || origin.is_some_and(is_trusted) && origins.next().is_none() {
        return None;
    }
    let other = || Some("it comes from a page of another site".to_owned());
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return match site.as_bytes() {
            b"same-origin" | b"none" => None,
            _ => other(),
        };
    }
    let origin = origin?.to_str().unwrap_or_default();
    let Some((_, address)) = origin
        .split_once("://")
        .filter(|_| origins.next().is_none())
    else {
        return other();
    };
    let name = host::name_of(address);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_own = host.is_some_and(|host| host.eq_ignore_ascii_case(address));
    if is_own || config.is_public_host(name) {
        return None;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.is_empty() || name.len() > MAX_SHOWN || !name.chars().all(is_name) {
        return other();
    }
    Some(format!(
        "it comes from a page of another site, `{address}`; if a proxy serves this server there, \
         start it with `--public-host {name}`"
    ))
}

/// Lets pages of `origins`, and of no other site, read responses.
pub fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE, IDEMPOTENCY_KEY])
    })
}

/// Rejects a request without the token or a session, if a token is required.
pub async fn require_token(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    match headers.typed_get::<Authorization<Bearer>>() {
        Some(bearer) if !app.config.accepts_token(bearer.token()) => {
            Err(app.sessions.count_wrong_token().into())
        }
        None if app.config.token.is_some() && !app.sessions.has(headers) => {
            Err(Error::Unauthorized.into())
        }
        _ => Ok(next.run(request).await),
    }
}
