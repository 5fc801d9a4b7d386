//! Sessions of browsers. A cookie that scripts cannot read holds a signed pass, so sessions survive
//! a restart with the same token, and the server keeps only those that were ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::header::{COOKIE, FORWARDED, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum_extra::extract::cookie::Cookie;
use hmac::{Hmac, KeyInit, Mac};
use podslate_shared::Error;
use sha2::Sha256;

use super::host;
use super::limits::{MAX_ENDED_SESSIONS, MAX_WRONG_TOKENS, SESSION_LIFE, WRONG_TOKENS_WINDOW};
use super::token::Token;
use crate::lock::lock;

/// Protocol of the browser's connection to a reverse proxy.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Tells the key of sessions from whatever else is derived from a token.
const PURPOSE: &[u8] = b"podslate sessions 1";
/// Random bytes of a pass.
const NONCE: usize = 16;

/// The sessions, and the number of wrong tokens.
#[derive(Debug, Default)]
pub struct Sessions {
    /// Key of the signatures; without a token there are no sessions.
    key: Option<[u8; 32]>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Sessions that were ended, by their end and their random bytes.
    ended: BTreeMap<(u64, [u8; NONCE]), ()>,
    /// Sessions that end until then are not accepted, because too many were ended.
    ended_until: u64,
    wrong_tokens: u32,
    window_start: Option<Instant>,
}

/// A signed pass: the end of a session, in seconds since 1970, and random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pass {
    end: u64,
    nonce: [u8; NONCE],
}

impl Sessions {
    /// The sessions of a server with that token.
    pub fn new(token: Option<&Token>) -> Self {
        Self {
            key: token.and_then(|token| sign(token.reveal().as_bytes(), PURPOSE)),
            inner: Mutex::default(),
        }
    }

    /// Whether the request belongs to a session.
    pub fn has(&self, headers: &HeaderMap) -> bool {
        let (inner, now) = (self.inner(), now());
        // Another host of the same domain can plant a cookie of the same name, so each is tried.
        let mut passes = ids(headers).filter_map(|id| self.parse(&id));
        passes.any(|pass| {
            let is_current = pass.end > now && pass.end <= now + SESSION_LIFE.as_secs();
            let was_ended = inner.ended.contains_key(&(pass.end, pass.nonce));
            is_current && !was_ended && pass.end > inner.ended_until
        })
    }

    /// Begins a session and returns the content of its cookie; `None` without a token.
    pub fn begin(&self) -> Result<Option<String>, Error> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| Error::Internal)?;
        let end = now() + SESSION_LIFE.as_secs();
        let text = format!("{end:x}.{}", const_hex::encode(nonce));
        let signature = sign(key, text.as_bytes()).ok_or(Error::Internal)?;
        Ok(Some(format!("{text}.{}", const_hex::encode(signature))))
    }

    /// Ends the session of the request.
    pub fn end(&self, headers: &HeaderMap) {
        for pass in ids(headers).filter_map(|id| self.parse(&id)) {
            let mut inner = self.inner();
            let now = now();
            inner.ended = inner.ended.split_off(&(now, [0; NONCE]));
            inner.ended.insert((pass.end, pass.nonce), ());
            if inner.ended.len() > MAX_ENDED_SESSIONS
                && let Some(((end, _), ())) = inner.ended.pop_first()
            {
                inner.ended_until = end;
            }
        }
    }

    /// The pass in a cookie that this server, or one with the same token, has signed.
    fn parse(&self, text: &str) -> Option<Pass> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (end, nonce) = signed.split_once('.')?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()?).ok()?;
        mac.update(signed.as_bytes());
        mac.verify_slice(&const_hex::decode(signature).ok()?).ok()?;
        Some(Pass {
            end: u64::from_str_radix(end, 16).ok()?,
            nonce: const_hex::decode_to_array(nonce).ok()?,
        })
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
        lock(&self.inner)
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// Signature of bytes; there is one for every key.
fn sign(key: &[u8], bytes: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(bytes);
    Some(mac.finalize().into_bytes().into())
}

/// `Set-Cookie` header with a session ID; secure if the browser's connection is.
pub fn set_cookie(headers: &HeaderMap, id: &str, life: Duration) -> Result<HeaderValue, Error> {
    let is_https = is_https(headers);
    let name = cookie_name(headers, is_https);
    let secure = if is_https { "; Secure" } else { "" };
    let life = life.as_secs();
    let text = format!("{name}={id}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).map_err(|_| Error::Internal)
}

/// Whether the browser's connection is encrypted, as the proxies say of which the first is the
/// browser's.
fn is_https(headers: &HeaderMap) -> bool {
    let first = |name: HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        value.split(',').next()
    };
    let forwarded = first(FORWARDED).and_then(|forwarded| {
        let mut parts = forwarded.split(';').filter_map(|part| part.split_once('='));
        let is_proto = |name: &str| name.trim().eq_ignore_ascii_case("proto");
        let (_, proto) = parts.find(|(name, _)| is_proto(name))?;
        Some(proto.trim().trim_matches('"'))
    });
    let proto = first(FORWARDED_PROTO).or(forwarded);
    proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
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

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "c4n4ry-0123456789abcdef0123456789";

    fn sessions(token: &str) -> Sessions {
        Sessions::new(Some(&Token::new(token).unwrap()))
    }

    fn request(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost:8080"));
        headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
        headers
    }

    #[test]
    fn a_session_is_accepted_until_it_ends() {
        let server = sessions(TOKEN);
        let id = server.begin().unwrap().unwrap();
        let own = request(&format!("a=b; podslate8080={id}"));
        assert!(server.has(&own));
        assert!(server.has(&request(&format!("__Host-podslate8080={id}"))));
        for other in [
            String::new(),
            "podslate8080=".to_owned(),
            "podslate8080=x".to_owned(),
            "podslate8080=..".to_owned(),
            format!("podslate8081={id}"),
            format!("podslate8080=f{id}"),
            format!("podslate8080={}", &id[..id.len() - 2]),
            format!("podslate8080={}", id.replace('.', "")),
        ] {
            assert!(!server.has(&request(&other)), "{other}");
        }
        let restarted = sessions(TOKEN);
        assert!(restarted.has(&own));
        assert!(!sessions("b7f3Kq0Xz93Lm52TzR81vQ").has(&own));
        assert!(!Sessions::default().has(&own));
        assert_eq!(Sessions::default().begin(), Ok(None));
        server.end(&own);
        assert!(!server.has(&own));
    }

    #[test]
    fn a_session_ends_in_time() {
        let server = sessions(TOKEN);
        let pass = |end: u64| {
            let text = format!("{end:x}.{}", "00".repeat(NONCE));
            let signature = sign(&server.key.unwrap(), text.as_bytes()).unwrap();
            let signature = const_hex::encode(signature);
            server.has(&request(&format!("podslate8080={text}.{signature}")))
        };
        let life = SESSION_LIFE.as_secs();
        assert!(pass(now() + 60) && pass(now() + life - 60));
        assert!(!pass(now() - 1) && !pass(now() + life + 60));
    }

    #[test]
    fn the_sessions_of_others_end_nothing() {
        let server = sessions(TOKEN);
        let cookie = |id: &str| request(&format!("podslate8080={id}"));
        let first = server.begin().unwrap().unwrap();
        for _ in 0..2000 {
            let other = server.begin().unwrap().unwrap();
            server.end(&cookie(&other));
            assert!(!server.has(&cookie(&other)));
        }
        assert!(server.has(&cookie(&first)));
        assert_eq!(server.inner().ended.len(), 2000);
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
        for (name, value, is_https) in [
            (FORWARDED_PROTO, "https", true),
            (FORWARDED_PROTO, "HTTPS, http", true),
            (FORWARDED_PROTO, "https,http,http", true),
            (FORWARDED_PROTO, "http, https", false),
            (FORWARDED_PROTO, "", false),
            (FORWARDED, "for=1.2.3.4;proto=https;by=x, proto=http", true),
            (FORWARDED, "for=\"[::1]:8\"; Proto=\"https\"", true),
            (FORWARDED, "proto=http, proto=https", false),
        ] {
            let mut headers = headers.clone();
            headers.insert(name.clone(), HeaderValue::from_static(value));
            let cookie = set_cookie(&headers, "x", SESSION_LIFE).unwrap();
            let (prefix, secure) = if is_https {
                ("__Host-", "; Secure")
            } else {
                ("", "")
            };
            let expected = format!(
                "{prefix}podslate=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict{secure}"
            );
            assert_eq!(cookie, expected, "{name}: {value}");
        }
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
