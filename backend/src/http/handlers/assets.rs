//! Files of the page, which the build script embeds and compresses.

use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::headers::{self, HeaderMapExt, IfNoneMatch};
use podslate_shared::Error;

use crate::embedded::{FILES, File, SCRIPT_HASHES};
use crate::http::error::ApiError;

/// Policy of the page: it may run its own scripts and WebAssembly and connect to its own server.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{}; \
    style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page itself.
pub async fn index(headers: HeaderMap) -> Result<Response, ApiError> {
    let file = file("index.html").ok_or(Error::NotFound)?;
    Ok(response(file, &headers))
}

/// A file of the page, or the error for an address that does not exist.
pub async fn fallback(request: Request) -> Result<Response, ApiError> {
    let path = request.uri().path().trim_start_matches('/');
    let file = file(path).filter(|_| request.method().is_safe());
    Ok(response(file.ok_or(Error::NotFound)?, request.headers()))
}

fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn response(file: &'static File, headers: &HeaderMap) -> Response {
    let known = headers.typed_get::<IfNoneMatch>();
    let is_known = known
        .zip(file.etag.parse::<headers::ETag>().ok())
        .is_some_and(|(known, etag)| !known.precondition_passes(&etag));
    let caching = if file.is_immutable {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let shared = [
        (CACHE_CONTROL, caching),
        (ETAG, file.etag),
        (VARY, "accept-encoding"),
    ];
    let mut response = if is_known {
        (StatusCode::NOT_MODIFIED, shared).into_response()
    } else {
        let (encoding, content) = encoded(file, headers);
        let encoding = encoding.map(|encoding| [(CONTENT_ENCODING, encoding)]);
        (shared, [(CONTENT_TYPE, file.mime)], encoding, content).into_response()
    };
    if file.path.ends_with(".html")
        && let Ok(policy) = HeaderValue::from_str(&POLICY.replace("{}", SCRIPT_HASHES))
    {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The smallest encoding that the client accepts, and the content in it.
fn encoded(file: &'static File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted = headers.get(ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let accepts = |encoding: &str| {
        accepted.unwrap_or_default().split(',').any(|choice| {
            let (name, weight) = choice.split_once(';').unwrap_or((choice, ""));
            let weight = weight.replace(' ', "");
            let is_refused = ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&weight.as_str());
            name.trim().eq_ignore_ascii_case(encoding) && !is_refused
        })
    };
    let encoding = file.encodings.iter().find(|(name, _)| accepts(name));
    encoding.map_or((None, file.plain), |(name, content)| (Some(name), content))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use axum::http::header::IF_NONE_MATCH;

    use super::*;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn every_reference_in_the_page_is_a_file() {
        let index = std::str::from_utf8(file("index.html").unwrap().plain).unwrap();
        let files = index.split(['"', '\'']).filter(|text| {
            text.ends_with(".css") || text.ends_with(".js") || text.ends_with(".wasm")
        });
        let mut count = 0;
        for reference in files {
            let path = reference.trim_start_matches("./");
            assert!(file(path).unwrap_or_else(|| panic!("{path}")).is_immutable);
            count += 1;
        }
        assert!(count >= 4, "{count}");
    }

    #[test]
    fn the_smallest_accepted_encoding_is_sent() {
        let wasm = FILES
            .iter()
            .find(|file| file.path.ends_with(".wasm"))
            .unwrap();
        let encoding = |accepted| encoded(wasm, &request(ACCEPT_ENCODING, accepted)).0;
        assert_eq!(encoding("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(encoding("gzip;q=0.5, br;q=0"), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(encoded(wasm, &HeaderMap::new()).1.len(), wasm.plain.len());
        let size = |accepted| encoded(wasm, &request(ACCEPT_ENCODING, accepted)).1.len();
        assert!(size("br") < size("gzip"));
    }

    #[test]
    fn a_cached_file_is_not_sent_again() {
        let index = file("index.html").unwrap();
        for (known, status) in [(index.etag, 304), ("\"other\"", 200)] {
            let response = response(index, &request(IF_NONE_MATCH, known));
            assert_eq!(response.status(), status, "{known}");
        }
    }
}
