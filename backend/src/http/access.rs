//! Who may come in: the right host name, the token, and no other site's pages.

use std::fmt;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use podslate_shared::ErrorCode;
use subtle::ConstantTimeEq;
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::App;
use super::error::Problem;

/// The fewest characters of a token: 128 bits, written in hexadecimal or better.
const MIN_TOKEN: usize = 22;

/// A secret that lets its bearer in.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token that a person chose.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("The token may have only letters, digits and signs of ASCII.".to_owned());
        }
        if text.len() < MIN_TOKEN {
            return Err(format!(
                "The token is too easy to guess: it needs at least {MIN_TOKEN} characters, for \
                 example from `openssl rand -hex 16`."
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// A token of 192 random bits.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().fold(String::new(), |text, byte| {
            text + &format!("{byte:02x}")
        })))
    }

    /// The token itself, for the one place where a person is told it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the token, in a time that does not tell how much of it is right.
    fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// Lets a request pass that carries the token or belongs to a session, where a token is wanted.
pub async fn want_token(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let bearer = bearer(headers);
    let is_in = match bearer {
        Some(given) => is_token(&app, given),
        None => app.0.config.token.is_none() || app.0.sessions.has(headers),
    };
    if is_in {
        return next.run(request).await;
    }
    let code = match bearer {
        Some(_) => app.0.sessions.wrong(),
        None => ErrorCode::Unauthorized,
    };
    Problem::new(code, "").into_response()
}

/// Whether a text is the token; where none is wanted every text will do.
pub fn is_token(app: &App, text: &str) -> bool {
    let token = app.0.config.token.as_ref();
    token.is_none_or(|token| token.is(text))
}

/// Lets a request pass that is meant for this server. A page elsewhere can make its own host name
/// lead here, but cannot change the name in the request.
pub async fn want_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    // Of two names none is believed.
    let host = hosts.next().filter(|_| hosts.next().is_none());
    let host = host.and_then(|host| host.to_str().ok());
    let host = host.map(without_port).unwrap_or_default();
    if app.0.config.allows_host(host) {
        return next.run(request).await;
    }
    let shown: String = host.chars().take(100).collect();
    let what = format!(
        "the server does not know itself as `{shown}`; start it with `--public-host {shown}` if \
         that is its name"
    );
    Problem::new(ErrorCode::Forbidden, &what).into_response()
}

/// Another site, as browsers name it.
#[derive(Clone, Debug)]
pub struct Origin(HeaderValue);

impl Origin {
    /// Takes a site's name, for example `https://example.com` or `http://localhost:3000`.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not the name of a site; it looks like `https://example.com`.");
        let checked = CsrfLayer::new().add_trusted_origin(text);
        let value = checked
            .map_err(|_| wrong())
            .map(|_| HeaderValue::from_str(text))?;
        value.map(Self).map_err(|_| wrong())
    }
}

type RefuseOtherSite = fn(ProtectionError) -> Response;

/// Refuses changes that pages of other sites ask for, but for those of `origins`.
pub fn csrf(origins: &[Origin]) -> CsrfLayer<RefuseOtherSite> {
    let refuse: RefuseOtherSite = |_| {
        Problem::new(ErrorCode::Forbidden, "it comes from a page of another site").into_response()
    };
    let names = origins.iter().filter_map(|origin| origin.0.to_str().ok());
    names
        .fold(CsrfLayer::new(), |layer, origin| {
            layer.clone().add_trusted_origin(origin).unwrap_or(layer)
        })
        .with_rejection_response(refuse)
}

/// Lets pages of `origins` read answers; those of no other site.
pub fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE])
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The port in the name of a host.
pub fn port_of(host: &str) -> Option<&str> {
    let port = host.strip_prefix(without_port(host))?.strip_prefix(':')?;
    Some(port)
}

fn without_port(host: &str) -> &str {
    if host.ends_with(']') {
        return host;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_enough_and_hidden() {
        assert!(Token::new("short").is_err());
        assert!(Token::new("0123456789 0123456789 0").is_err());
        let token = Token::new("0123456789012345678901").unwrap();
        assert!(token.is("0123456789012345678901"));
        assert!(!token.is("0123456789012345678902") && !token.is(""));
        assert!(!format!("{token:?}").contains("0123"));
        let random = Token::random().unwrap();
        assert_eq!(random.reveal().len(), 48);
        assert!(Token::new(random.reveal()).is_ok());
    }

    #[test]
    fn the_port_is_no_part_of_the_host() {
        for (host, name) in [
            ("localhost:8080", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:8080", "[::1]"),
            ("127.0.0.1:1", "127.0.0.1"),
        ] {
            assert_eq!(without_port(host), name);
        }
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(
            (port_of("[::1]:80"), port_of("localhost")),
            (Some("80"), None)
        );
    }
}
