//! Operations on the browser's session.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use podslate_shared::api::{LoginRequest, Session, Success};

use crate::http::app::App;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::limits::SESSION_LIFE;
use crate::http::openapi::errors;
use crate::http::sessions::set_cookie;

type CookieResponse = ([(HeaderName, HeaderValue); 1], Json<Session>);

errors!(LoginErrors: TOKEN, BODY);

/// Exchanges the token for a session in a cookie. The right token is always accepted, no matter how
/// many wrong ones were sent before.
#[utoipa::path(post, path = "/api/session/login", tag = "session", request_body = LoginRequest,
    security(()), responses((status = 200, body = Session), LoginErrors))]
pub async fn login(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<LoginRequest>,
) -> Result<CookieResponse, ApiError> {
    if !app.config.accepts_token(&body.token) {
        tracing::warn!("a wrong token was sent");
        return Err(app.sessions.count_wrong_token().into());
    }
    // Without a token there is nothing to sign in to.
    let id = app.sessions.begin()?;
    let (id, life) = id
        .as_deref()
        .map_or(("", Duration::ZERO), |id| (id, SESSION_LIFE));
    let cookie = set_cookie(&headers, id, life)?;
    Ok(([(SET_COOKIE, cookie)], session(&app, !id.is_empty())))
}

errors!(OpenErrors:);

/// Ends the session; its cookie is no longer accepted.
#[utoipa::path(post, path = "/api/session/logout", tag = "session", security(()),
    responses((status = 200, body = Session), OpenErrors))]
pub async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<CookieResponse, ApiError> {
    app.sessions.end(&headers);
    let cookie = set_cookie(&headers, "", Duration::ZERO)?;
    Ok(([(SET_COOKIE, cookie)], session(&app, false)))
}

/// Whether a token is required, and whether this browser has a session.
#[utoipa::path(get, path = "/api/session", tag = "session", security(()),
    responses((status = 200, body = Session), OpenErrors))]
pub async fn state(State(app): State<App>, headers: HeaderMap) -> Json<Session> {
    session(&app, app.sessions.has(&headers))
}

fn session(app: &App, signed_in: bool) -> Json<Session> {
    Json(Session {
        status: Success::Success,
        token_wanted: app.config.token.is_some(),
        signed_in,
    })
}
