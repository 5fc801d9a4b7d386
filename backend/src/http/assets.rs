//! The page's files, embedded and compressed when the program is built.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use podslate_shared::ErrorCode;

use super::error::Problem;
use crate::embedded::{FILES, File, SCRIPT_HASHES};

/// What the page may do: run its own scripts and its WebAssembly, and talk to its own server.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{}; \
    style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page itself.
pub async fn index(headers: HeaderMap) -> Response {
    match file("index.html") {
        Some(file) => answer(file, &headers),
        None => Problem::new(ErrorCode::NotFound, "").into_response(),
    }
}

/// A file of the page, or the answer that there is nothing.
pub async fn other(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_read = request.method().is_safe();
    match file(path).filter(|_| is_read) {
        Some(file) => answer(file, request.headers()),
        None => Problem::new(ErrorCode::NotFound, "").into_response(),
    }
}

fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn answer(file: &'static File, headers: &HeaderMap) -> Response {
    let (encoding, content) = chosen(file, headers);
    let caching = match file.is_immutable {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let is_known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| {
            matches!(tag.trim().trim_start_matches("W/"), "*")
                || tag.trim().trim_start_matches("W/") == file.etag
        });
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(content)),
    };
    let mut set = |name: HeaderName, value: &'static str| {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    };
    set(CACHE_CONTROL, caching);
    set(ETAG, file.etag);
    set(VARY, "accept-encoding");
    if !is_known {
        set(CONTENT_TYPE, file.mime);
        if let Some(encoding) = encoding {
            set(CONTENT_ENCODING, encoding);
        }
    }
    if file.path.ends_with(".html")
        && let Ok(policy) = HeaderValue::from_str(&POLICY.replace("{}", SCRIPT_HASHES))
    {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The smallest form that the client takes.
fn chosen(file: &'static File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |encoding: &str| {
        accepted.split(',').any(|choice| {
            let (name, weight) = choice.split_once(';').unwrap_or((choice, ""));
            let is_refused = matches!(
                weight.replace(' ', "").as_str(),
                "q=0" | "q=0.0" | "q=0.00" | "q=0.000"
            );
            name.trim().eq_ignore_ascii_case(encoding) && !is_refused
        })
    };
    [("br", file.brotli), ("gzip", file.gzip)]
        .into_iter()
        .find_map(|(encoding, content)| {
            Some((Some(encoding), content.filter(|_| accepts(encoding))?))
        })
        .unwrap_or((None, file.plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn every_reference_of_the_page_is_a_file() {
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
    fn the_smallest_form_that_is_accepted_is_sent() {
        let wasm = FILES
            .iter()
            .find(|file| file.path.ends_with(".wasm"))
            .unwrap();
        let encoding = |accepted| chosen(wasm, &asked(ACCEPT_ENCODING, accepted)).0;
        assert_eq!(encoding("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(encoding("gzip;q=0.5, br;q=0"), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(chosen(wasm, &HeaderMap::new()).1.len(), wasm.plain.len());
        assert!(wasm.brotli.unwrap().len() < wasm.gzip.unwrap().len());
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let index = file("index.html").unwrap();
        assert_eq!(
            answer(index, &asked(IF_NONE_MATCH, index.etag)).status(),
            304
        );
        assert_eq!(
            answer(index, &asked(IF_NONE_MATCH, "\"other\"")).status(),
            200
        );
    }
}
