//! Checks of a request: its host, its site and its token.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::headers::HeaderMapExt;
use axum_extra::headers::authorization::{Authorization, Bearer};
use podslate_shared::Error;
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::http::app::{App, Origin};
use crate::http::error::ApiError;
use crate::http::host;
use crate::http::repeats::IDEMPOTENCY_KEY;

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

/// Rejects changes requested by pages of other sites than `origins`.
pub fn csrf(origins: &[Origin]) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let names = origins.iter().filter_map(|origin| origin.0.to_str().ok());
    let layer = names.fold(CsrfLayer::new(), |layer, origin| {
        layer.clone().add_trusted_origin(origin).unwrap_or(layer)
    });
    layer.with_rejection_response(|_| {
        let reason = "it comes from a page of another site".to_owned();
        ApiError(Error::Forbidden { reason }).into_response()
    })
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
