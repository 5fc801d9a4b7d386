//! What holds for every answer: headers that keep browsers careful, and a limit of time.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use podslate_shared::ErrorCode;

use super::error::Problem;
use super::router::REQUEST_ID;

/// How long an answer may take. The worker has 30 seconds of it.
const TIME: Duration = Duration::from_secs(45);

/// The headers of an answer that does not set them itself.
pub const HEADERS: [(HeaderName, &str); 7] = [
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

/// The longest name that a client may give its request.
const MOST_ID: usize = 128;

/// Forgets what a client calls its request if the log cannot say it; the request gets a name here
/// then, and its answer and the log have the same.
pub async fn readable_id(mut request: Request) -> Request {
    let id = request.headers().get(REQUEST_ID);
    let is_readable = |id: &HeaderValue| id.len() <= MOST_ID && id.to_str().is_ok();
    if !id.is_some_and(is_readable) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// Adds the headers that an answer does not set itself.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Gives up on an answer that takes too long.
pub async fn time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(ErrorCode::TimedOut, "").into_response(),
    }
}

/// Answers for a handler that panicked.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(ErrorCode::Internal, "").into_response()
}
