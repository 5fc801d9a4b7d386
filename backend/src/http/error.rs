//! How errors are answered.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use podslate_shared::{ErrorBody, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

/// An answer that something did not work.
#[derive(Debug)]
pub struct Problem(pub ErrorBody);

/// The form of every error, whatever its status.
#[derive(Serialize, ToSchema)]
pub struct Failure {
    /// `error`.
    #[schema(example = "error")]
    status: &'static str,
    #[serde(flatten)]
    body: ErrorBody,
}

impl Problem {
    /// The error `code` about `subject`.
    pub fn new(code: ErrorCode, subject: &str) -> Self {
        Self(ErrorBody::new(code, subject))
    }
}

impl From<ErrorBody> for Problem {
    fn from(body: ErrorBody) -> Self {
        Self(body)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            status: "error",
            body: problem.0,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let code = self.0.code;
        let status =
            StatusCode::from_u16(code.info().http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(code = code.info().slug, "{}", self.0.error);
        }
        let mut response = (status, Json(Failure::from(self))).into_response();
        let header = match code {
            ErrorCode::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer")),
            ErrorCode::TooManyRequests => Some((header::RETRY_AFTER, "60")),
            ErrorCode::Overloaded => Some((header::RETRY_AFTER, "5")),
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
