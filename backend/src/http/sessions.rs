//! Sessions of browsers, which keep an ID in a cookie that scripts cannot read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum_extra::extract::cookie::Cookie;
use podslate_shared::Error;
use sha2::{Digest, Sha256};

use super::host;
use super::limits::{MAX_SESSIONS, MAX_WRONG_TOKENS, SESSION_LIFE, WRONG_TOKENS_WINDOW};
use super::token::Token;

/// Protocol of the browser's connection to a reverse proxy.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The sessions, and the number of wrong tokens.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Start of each session by the hash of its ID: neither the time of a look-up nor a dump of the
    /// memory reveals an ID.
    started: HashMap<[u8; 32], Instant>,
    wrong_tokens: u32,
    window_start: Option<Instant>,
}

impl Sessions {
    /// Whether the request belongs to a session.
    pub fn has(&self, headers: &HeaderMap) -> bool {
        let inner = self.inner();
        // Another host of the same domain can plant a cookie of the same name, so each is tried.
        ids(headers).any(|id| {
            let started = inner.started.get(&hash(&id));
            started.is_some_and(|started| started.elapsed() < SESSION_LIFE)
        })
    }

    /// Begins a session and returns its ID.
    pub fn begin(&self) -> Result<String, Error> {
        let id = Token::random().map_err(|_| Error::Internal)?;
        let mut inner = self.inner();
        inner
            .started
            .retain(|_, started| started.elapsed() < SESSION_LIFE);
        if inner.started.len() >= MAX_SESSIONS
            && let Some((&oldest, _)) = inner.started.iter().min_by_key(|(_, started)| **started)
        {
            inner.started.remove(&oldest);
        }
        inner.started.insert(hash(id.reveal()), Instant::now());
        Ok(id.reveal().to_owned())
    }

    /// Ends the session of the request.
    pub fn end(&self, headers: &HeaderMap) {
        for id in ids(headers) {
            self.inner().started.remove(&hash(&id));
        }
    }

    /// Counts a wrong token and returns the error to answer with.
    pub fn count_wrong_token(&self) -> Error {
        let mut inner = self.inner();
        let start = inner.window_start;
        if start.is_none_or(|start| start.elapsed() > WRONG_TOKENS_WINDOW) {
            inner.wrong_tokens = 0;
            inner.window_start = Some(Instant::now());
        }
        inner.wrong_tokens = inner.wrong_tokens.saturating_add(1);
        if inner.wrong_tokens > MAX_WRONG_TOKENS {
            Error::TooManyRequests
        } else {
            Error::Unauthorized
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Set-Cookie` header with a session ID; secure if the browser's connection is.
pub fn set_cookie(headers: &HeaderMap, id: &str, life: Duration) -> Result<HeaderValue, Error> {
    let proto = headers.get(FORWARDED_PROTO);
    let is_https = proto.is_some_and(|proto| proto == "https");
    let name = cookie_name(headers, is_https);
    let secure = if is_https { "; Secure" } else { "" };
    let life = life.as_secs();
    let text = format!("{name}={id}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).map_err(|_| Error::Internal)
}

/// Values of cookies that may be the session's ID.
fn ids(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let names = [cookie_name(headers, true), cookie_name(headers, false)];
    let cookies = headers.get_all(COOKIE).iter();
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| Cookie::split_parse(cookies).flatten())
        .filter(move |cookie| names.iter().any(|name| name == cookie.name()))
        .map(|cookie| cookie.value().to_owned())
}

/// Name of the session's cookie. It contains the port because browsers send the cookies of one port
/// to all ports, and the prefix makes browsers refuse a cookie that another host of the same domain
/// plants.
fn cookie_name(headers: &HeaderMap, is_https: bool) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(host::port_of).unwrap_or_default();
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
    fn a_session_is_accepted_until_it_ends() {
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
    fn the_number_of_sessions_is_limited() {
        let sessions = Sessions::default();
        let first = sessions.begin().unwrap();
        for _ in 0..MAX_SESSIONS {
            sessions.begin().unwrap();
        }
        assert_eq!(sessions.inner().started.len(), MAX_SESSIONS);
        assert!(!sessions.has(&request(&format!("podslate8080={first}"))));
    }

    #[test]
    fn a_cookie_is_for_this_host_and_secure_if_the_browser_uses_https() {
        let mut headers = request("");
        let plain = set_cookie(&headers, "x", SESSION_LIFE).unwrap();
        assert_eq!(
            plain,
            "podslate8080=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
        );
        headers.insert(HOST, HeaderValue::from_static("abc-8080.proxy.runpod.net"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
        let secure = set_cookie(&headers, "x", SESSION_LIFE).unwrap();
        assert_eq!(
            secure,
            "__Host-podslate=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn wrong_tokens_are_counted() {
        let sessions = Sessions::default();
        for _ in 0..MAX_WRONG_TOKENS {
            assert_eq!(sessions.count_wrong_token(), Error::Unauthorized);
        }
        assert_eq!(sessions.count_wrong_token(), Error::TooManyRequests);
    }
}
