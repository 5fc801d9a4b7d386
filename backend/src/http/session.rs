//! Sessions of browsers: the token is exchanged once for a cookie that scripts cannot read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::header::{COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use podslate_shared::api::{LoginRequest, Session, Success};
use podslate_shared::{ErrorBody, ErrorCode};
use sha2::{Digest, Sha256};

use super::App;
use super::access::{self, Token};
use super::error::Problem;
use super::extract::{Body, Login};
use super::failures::{Asking, SigningIn};

/// How long a session lasts, as its cookie does.
const LIFE: Duration = Duration::from_secs(12 * 3600);
/// At most so many sessions; the oldest one goes first.
const MOST: usize = 1000;
/// So many wrong tokens in the time of [`WINDOW`] are answered as such, whoever sends them.
const WRONG: u32 = 12;
const WINDOW: Duration = Duration::from_secs(60);
/// Tells a reverse proxy's own connection apart from the browser's.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The sessions and the wrong tries.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Kept as hashes, so that neither a look-up's time nor a dump of memory gives one away.
    begun: HashMap<[u8; 32], Instant>,
    wrong: u32,
    wrong_since: Option<Instant>,
}

impl Sessions {
    /// Whether the request belongs to a session.
    pub fn has(&self, headers: &HeaderMap) -> bool {
        let inner = self.inner();
        // Another host of the same domain can plant a cookie of this name, so each one is tried.
        cookies(headers).any(|id| {
            let begun = inner.begun.get(&hash(id));
            begun.is_some_and(|begun| begun.elapsed() < LIFE)
        })
    }

    /// A new session's id.
    fn begin(&self) -> Result<String, ErrorBody> {
        let id = Token::random().map_err(|_| ErrorBody::new(ErrorCode::Internal, ""))?;
        let mut inner = self.inner();
        inner.begun.retain(|_, begun| begun.elapsed() < LIFE);
        if inner.begun.len() >= MOST
            && let Some(oldest) = inner.begun.iter().min_by_key(|(_, at)| **at)
        {
            let oldest = *oldest.0;
            inner.begun.remove(&oldest);
        }
        inner.begun.insert(hash(id.reveal()), Instant::now());
        Ok(id.reveal().to_owned())
    }

    /// Ends the request's session.
    fn end(&self, headers: &HeaderMap) {
        for id in cookies(headers) {
            self.inner().begun.remove(&hash(id));
        }
    }

    /// Counts a wrong token; the error that it is answered with.
    pub fn wrong(&self) -> ErrorCode {
        let mut inner = self.inner();
        let is_over = inner
            .wrong_since
            .is_none_or(|since| since.elapsed() > WINDOW);
        if is_over {
            (inner.wrong, inner.wrong_since) = (0, Some(Instant::now()));
        }
        inner.wrong = inner.wrong.saturating_add(1);
        match inner.wrong > WRONG {
            true => ErrorCode::TooManyRequests,
            false => ErrorCode::Unauthorized,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Exchanges the token for a session in a cookie. The right token is never refused, however many
/// wrong ones came before.
#[utoipa::path(post, path = "/api/session/login", tag = "session", request_body = LoginRequest,
    security(()), responses((status = 200, body = Session), SigningIn))]
pub async fn login(
    State(app): State<App>,
    headers: HeaderMap,
    Body(Login(token)): Body<Login>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Session>), Problem> {
    if !access::is_token(&app, &token) {
        tracing::warn!("a wrong token was sent");
        return Err(Problem::new(app.0.sessions.wrong(), ""));
    }
    let id = app.0.sessions.begin()?;
    let cookie = set_cookie(&headers, &id, LIFE)?;
    Ok(([(SET_COOKIE, cookie)], told(true, &app)))
}

/// Ends the session: its cookie lets nobody in from now on.
#[utoipa::path(post, path = "/api/session/logout", tag = "session", security(()),
    responses((status = 200, body = Session), Asking))]
pub async fn logout(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Session>), Problem> {
    app.0.sessions.end(&headers);
    let cookie = set_cookie(&headers, "", Duration::ZERO)?;
    Ok(([(SET_COOKIE, cookie)], told(false, &app)))
}

/// Whether a token is wanted, and whether this browser has a session.
#[utoipa::path(get, path = "/api/session", tag = "session", security(()),
    responses((status = 200, body = Session), Asking))]
pub async fn state(State(app): State<App>, headers: HeaderMap) -> Json<Session> {
    told(app.0.sessions.has(&headers), &app)
}

fn told(signed_in: bool, app: &App) -> Json<Session> {
    Json(Session {
        status: Success::Success,
        token_wanted: app.0.config.token.is_some(),
        signed_in,
    })
}

/// What may be the session's id in the request. Cookies of two servers on one machine differ by the port,
/// because browsers do not keep ports apart.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let names = [cookie_name(headers, true), cookie_name(headers, false)];
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| names.iter().any(|own| own == name))
        .map(|(_, id)| id)
}

fn set_cookie(headers: &HeaderMap, id: &str, life: Duration) -> Result<HeaderValue, ErrorBody> {
    let is_https = headers
        .get(FORWARDED_PROTO)
        .is_some_and(|proto| proto == "https");
    let name = cookie_name(headers, is_https);
    let secure = if is_https { "; Secure" } else { "" };
    let life = life.as_secs();
    let text = format!("{name}={id}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).map_err(|_| ErrorBody::new(ErrorCode::Internal, ""))
}

/// The prefix makes browsers refuse a cookie that another host of the same domain plants.
fn cookie_name(headers: &HeaderMap, is_https: bool) -> String {
    let port = headers.get(HOST).and_then(|host| host.to_str().ok());
    let port = port.and_then(access::port_of).unwrap_or_default();
    let prefix = if is_https { "__Host-" } else { "" };
    format!("{prefix}podslate{port}")
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost:8080"));
        headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        headers
    }

    #[test]
    fn a_session_lets_in_until_it_ends() {
        let sessions = Sessions::default();
        let id = sessions.begin().unwrap();
        let own = request(&format!("a=b; podslate8080={id}"));
        assert!(sessions.has(&own));
        assert!(sessions.has(&request(&format!("__Host-podslate8080={id}"))));
        for other in [
            "",
            "podslate8080=",
            "podslate8080=x",
            "podslate8081=",
            "podslate8080",
        ] {
            assert!(!sessions.has(&request(other)), "{other}");
        }
        sessions.end(&own);
        assert!(!sessions.has(&own));
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let sessions = Sessions::default();
        let first = sessions.begin().unwrap();
        for _ in 0..MOST {
            sessions.begin().unwrap();
        }
        assert_eq!(sessions.inner().begun.len(), MOST);
        assert!(!sessions.has(&request(&format!("podslate8080={first}"))));
    }

    #[test]
    fn a_cookie_is_for_this_host_alone_and_secure_where_the_browser_came_by_https() {
        let mut headers = request("");
        let plain = set_cookie(&headers, "x", LIFE).unwrap();
        assert_eq!(
            plain,
            "podslate8080=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
        );
        headers.insert(HOST, HeaderValue::from_static("abc-8080.proxy.runpod.net"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        let secure = set_cookie(&headers, "x", LIFE).unwrap();
        assert_eq!(
            secure,
            "__Host-podslate=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn wrong_tokens_are_counted() {
        let sessions = Sessions::default();
        for _ in 0..WRONG {
            assert_eq!(sessions.wrong(), ErrorCode::Unauthorized);
        }
        assert_eq!(sessions.wrong(), ErrorCode::TooManyRequests);
    }
}
