//! Log lines of requests.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Span;

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
    if status < 400 {
        tracing::debug!(status, ms, "request answered");
    } else {
        tracing::info!(status, ms, "request refused");
    }
}
