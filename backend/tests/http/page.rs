//! The page's files, and the description for people.

use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::server::Server;

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.send(Method::GET, path, headers, None).await
}

/// The page, and the addresses of its own files.
async fn page(server: &Server) -> (Answer, Vec<String>) {
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
async fn the_policy_names_the_pages_own_scripts_and_no_others() {
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
async fn only_names_with_a_hash_are_kept_for_good() {
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
        let hash: String = Sha256::digest(&file.body)[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
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
async fn what_a_browser_has_is_not_sent_again() {
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
async fn files_are_compressed_as_the_client_likes() {
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
async fn the_description_has_every_call_and_its_page_too() {
    let server = Server::start().await;
    let (status, description) = server.get("/api/openapi.json").await;
    assert_eq!(status, 200);
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
    assert_every_reference_leads_somewhere(&description, &description);
    for row in podslate_shared::error::CODES {
        assert!(docs.text().contains(&format!("<code>{}</code>", row.slug)));
    }
    assert!(
        docs.header("content-security-policy")
            .contains("style-src 'self'")
    );
    let style = get(&server, "/api/docs.css", &[]).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}

fn assert_every_reference_leads_somewhere(value: &Value, description: &Value) {
    if let Some(to) = value.get("$ref").and_then(Value::as_str) {
        let there = to.strip_prefix('#').and_then(|to| description.pointer(to));
        assert!(there.is_some(), "{to}");
    }
    let children: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    for child in children {
        assert_every_reference_leads_somewhere(child, description);
    }
}

#[tokio::test]
async fn only_reading_finds_the_files() {
    let server = Server::start().await;
    let answer = server.send(Method::POST, "/favicon.svg", &[], None).await;
    assert_eq!(
        (answer.status, answer.json().1["code"].clone()),
        (404, json!("not_found"))
    );
    assert_eq!(get(&server, "/favicon.svg", &[]).await.status, 200);
}
