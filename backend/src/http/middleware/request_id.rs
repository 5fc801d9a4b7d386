//! The request ID, which a response and its log lines share.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};

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
