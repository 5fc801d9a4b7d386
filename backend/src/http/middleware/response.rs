//! Responses of handlers that take too long or panic, and headers that make browsers strict.

use std::any::Any;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use podslate_shared::Error;

use crate::http::error::ApiError;
use crate::http::limits::RESPONSE_TIME;

const HEADERS: [(HeaderName, &str); 7] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
];

/// Adds the headers that a response does not set itself.
pub async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let header = response.headers_mut().entry(name);
        header.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Answers instead of a handler that takes too long.
pub async fn limit_time(request: Request, next: Next) -> Result<Response, ApiError> {
    let response = tokio::time::timeout(RESPONSE_TIME, next.run(request)).await;
    response.map_err(|_| Error::TimedOut.into())
}

/// Answers instead of a handler that panicked.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError(Error::Internal).into_response()
}
