//! The page's files, and the page of the description.

use std::collections::BTreeSet;
use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use podslate_shared::ErrorCode;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::response::Response;
use crate::server::Server;

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Response {
    server.send(Method::GET, path, headers, None).await
}

/// The page, and the addresses of its files.
async fn page(server: &Server) -> (Response, Vec<String>) {
    let page = get(server, "/", &[]).await;
    assert_eq!(page.status, 200);
    let files = page.text().split(['"', '\'']).filter(|text| {
        [".css", ".js", ".wasm"]
            .iter()
            .any(|ending| text.ends_with(ending))
    });
    let mut files: Vec<String> = files
        .map(|file| format!("/{}", file.trim_start_matches("./").trim_start_matches('/')))
        .collect();
    files.sort();
    files.dedup();
    (page, files)
}

#[tokio::test]
async fn the_policy_allows_the_scripts_of_the_page_and_no_others() {
    let server = Server::start().await;
    let (page, _) = page(&server).await;
    let mut hashes = Vec::new();
    for script in page.text().split("<script").skip(1) {
        let (attributes, rest) = script.split_once('>').expect("a tag");
        let (text, _) = rest.split_once("</script>").expect("an end");
        if !attributes.contains("src=") {
            let hash = BASE64_STANDARD.encode(Sha256::digest(text));
            hashes.push(format!("'sha256-{hash}'"));
        }
    }
    assert!(!hashes.is_empty());
    let policy = page.header("content-security-policy");
    let expected = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {}; style-src 'self'; \
         img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'none'; \
         base-uri 'none'; frame-ancestors 'none'",
        hashes.join(" ")
    );
    assert_eq!(policy, expected);
    assert!(!page.text().contains("<style") && !page.text().contains("style="));
}

#[tokio::test]
async fn only_files_with_a_hash_in_their_name_are_immutable() {
    let server = Server::start().await;
    let (page, files) = page(&server).await;
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(files.len() >= 3, "{files:?}");
    for path in &files {
        let file = get(&server, path, &[]).await;
        assert_eq!(file.status, 200, "{path}");
        let forever = "public, max-age=31536000, immutable";
        assert_eq!(file.header("cache-control"), forever, "{path}");
        let kind = match path.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "application/wasm",
        };
        assert_eq!(file.header("content-type"), kind, "{path}");
        let hash = const_hex::encode(&Sha256::digest(&file.body)[..8]);
        assert!(path.contains(&hash), "{path} is not named {hash}");
    }
    for path in ["/favicon.svg", "/robots.txt", "/index.html"] {
        let file = get(&server, path, &[]).await;
        assert_eq!(
            (file.status, file.header("cache-control")),
            (200, "no-cache"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_cached_file_is_not_sent_again() {
    let server = Server::start().await;
    let (page, mut files) = page(&server).await;
    files.push("/".to_owned());
    for path in &files {
        let file = get(&server, path, &[]).await;
        let etag = file.header("etag");
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'));
        for known in [
            etag,
            "*",
            &format!("W/{etag}"),
            &format!("\"other\", {etag}"),
        ] {
            let again = get(&server, path, &[("if-none-match", known)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}");
            assert_eq!(again.header("etag"), etag);
            let caching = file.header("cache-control");
            assert_eq!(again.header("cache-control"), caching);
            assert_eq!(again.header("vary"), "accept-encoding");
        }
        let other = get(&server, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!((other.status, &other.body), (200, &file.body), "{path}");
    }
    assert!(!page.body.is_empty());
}

#[tokio::test]
async fn files_are_compressed_with_an_accepted_encoding() {
    let server = Server::start().await;
    let (_, files) = page(&server).await;
    for path in &files {
        let plain = get(&server, path, &[]).await;
        assert_eq!(plain.header("content-encoding"), "");
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("br", "br"),
            ("BR;q=1.0", "br"),
            ("gzip", "gzip"),
            ("gzip;q=0.5, br;q=0", "gzip"),
            ("deflate, zstd", ""),
            ("identity", ""),
            ("br;q=0", ""),
        ] {
            let file = get(&server, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(file.status, 200);
            assert_eq!(file.header("content-encoding"), encoding, "{accepted}");
            assert_eq!(file.header("vary"), "accept-encoding");
            let mut content = Vec::new();
            match encoding {
                "br" => brotli::Decompressor::new(&file.body[..], 4096).read_to_end(&mut content),
                "gzip" => flate2::read::GzDecoder::new(&file.body[..]).read_to_end(&mut content),
                _ => (&file.body[..]).read_to_end(&mut content),
            }
            .expect("whole content");
            assert!(content == plain.body, "{path} as {encoding}");
            assert!(encoding.is_empty() || file.body.len() < plain.body.len());
        }
    }
}

#[tokio::test]
async fn the_description_and_its_page_have_every_operation() {
    let server = Server::start().await;
    let description = &server.description.document;
    assert_eq!(description["openapi"], "3.1.0");
    let paths = description["paths"].as_object().expect("paths");
    let docs = get(&server, "/api/docs", &[]).await;
    assert_eq!(docs.header("content-type"), "text/html; charset=utf-8");
    for path in [
        "/health",
        "/api/projects",
        "/api/projects/list",
        "/api/projects/create",
        "/api/projects/{name}",
        "/api/projects/{name}/rename",
        "/api/names/{name}",
        "/rename",
    ] {
        assert!(paths.contains_key(path), "{path}");
        assert!(
            docs.text().contains(&format!("<code>{path}</code>")),
            "{path}"
        );
    }
    assert_references_exist(description, description);
    // An address without an operation has two errors of its own.
    let mut codes = server.description.codes();
    codes.extend(["not_found", "method_not_allowed"]);
    let schema = &description["components"]["schemas"]["ErrorCode"]["enum"];
    let listed = schema.as_array().expect("codes").iter();
    assert_eq!(
        listed.filter_map(Value::as_str).collect::<BTreeSet<_>>(),
        codes
    );
    for code in ErrorCode::ALL {
        let cell = format!("<td><code>{}</code><td>", code.as_str());
        let is_listed = codes.contains(code.as_str());
        assert_eq!(docs.text().contains(&cell), is_listed, "{cell}");
    }
    assert!(
        docs.header("content-security-policy")
            .contains("style-src 'self'")
    );
    let style = get(&server, "/api/docs.css", &[]).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}

fn assert_references_exist(value: &Value, description: &Value) {
    if let Some(to) = value.get("$ref").and_then(Value::as_str) {
        let target = to.strip_prefix('#').and_then(|to| description.pointer(to));
        assert!(target.is_some(), "{to}");
    }
    let children: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for child in children {
        assert_references_exist(child, description);
    }
}

#[tokio::test]
async fn files_are_only_found_with_a_safe_method() {
    let server = Server::start().await;
    let response = server.send(Method::POST, "/favicon.svg", &[], None).await;
    assert_eq!(
        (response.status, response.json().1["code"].clone()),
        (404, json!("not_found"))
    );
    assert_eq!(get(&server, "/favicon.svg", &[]).await.status, 200);
}
