//! The token check.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::headers::HeaderMapExt;
use axum_extra::headers::authorization::{Authorization, Bearer};
use podslate_shared::Error;

use crate::http::app::App;
use crate::http::error::ApiError;

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
