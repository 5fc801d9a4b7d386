//! Errors as HTTP responses.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use podslate_shared::{Error, ErrorBody, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as the response to a request.
#[derive(Debug)]
pub struct ApiError(pub Error);

/// JSON or an error.
pub type ApiResult<T> = Result<Json<T>, ApiError>;

/// Body of every error response.
#[derive(Serialize, ToSchema)]
pub struct Failure {
    /// Always `error`.
    #[schema(example = "error")]
    status: &'static str,
    #[serde(flatten)]
    body: ErrorBody,
}

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody::from(self.0);
        let code = body.code;
        let status = StatusCode::from_u16(code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(code = code.as_str(), error = body.error, "request failed");
        }
        let failure = Failure {
            status: "error",
            body,
        };
        let mut response = (status, Json(failure)).into_response();
        let header = match code {
            ErrorCode::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer")),
            ErrorCode::TooManyRequests => Some((header::RETRY_AFTER, "60")),
            _ => None,
        };
        if let Some((name, value)) = header {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
