//! Responses for handlers that take too long or panic.

use std::any::Any;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use podslate_shared::Error;

use crate::http::error::ApiError;
use crate::http::limits::RESPONSE_TIME;

/// Answers instead of a handler that takes too long.
pub async fn limit_time(request: Request, next: Next) -> Result<Response, ApiError> {
    let response = tokio::time::timeout(RESPONSE_TIME, next.run(request)).await;
    response.map_err(|_| Error::TimedOut.into())
}

/// Answers instead of a handler that panicked.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError(Error::Internal).into_response()
}
