//! Log lines of requests, and the request ID that they share with the response.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Span;

use crate::http::limits::MAX_REQUEST_ID;

/// Header of the request ID.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Removes a client's request ID that is too long or cannot be logged; the server then generates
/// one.
pub async fn remove_unreadable_id(mut request: Request) -> Request {
    let id = request.headers().get(REQUEST_ID);
    let is_readable = |id: &HeaderValue| id.len() <= MAX_REQUEST_ID && id.to_str().is_ok();
    if !id.is_some_and(is_readable) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Span of a request. It leaves out the query, because people search for their own names, and an
/// address without a route, because it may contain anything that was pasted.
pub fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("(other)", MatchedPath::as_str);
    tracing::info_span!("request", method = %request.method(), path, id)
}

/// Logs a response. The page polls the server, and changes are logged where they are made, so only
/// refusals are logged by default.
pub fn log_response(response: &Response, latency: Duration, _span: &Span) {
    let (status, ms) = (response.status().as_u16(), latency.as_millis());
    match status {
        400..500 => tracing::info!(status, ms, "request refused"),
        // A failure is logged with its error already.
        _ => tracing::debug!(status, ms, "request answered"),
    }
}
