//! Requests that carry the token in every way, and their expected responses.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testing::http::send;

use super::canary::{Canary, Inspector};

const JSON: &str = "Content-Type: application/json\r\n";
const LIST: &str = "/api/projects/list";

/// Name of a way, the request, and the status of the response.
type Way = (&'static str, String, u16);

/// A request without a body.
pub fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends the token in every way and inspects the responses.
pub fn send_all(inspector: &mut Inspector<'_>, address: &str, token: &str) -> Result<()> {
    let ways = [in_headers(token), in_addresses(token), sign_ins(token)];
    send_ways(inspector, address, ways.concat())?;
    send_session(inspector, address, token)?;
    // The last ones, because everyone with a wrong token has to wait afterwards.
    let wrong = get(LIST, &format!("Authorization: Bearer {token}x\r\n"));
    for _ in 0..14 {
        inspector.inspect(
            "a response to one wrong token of many",
            send(address, &wrong)?,
        );
    }
    Ok(())
}

fn send_ways(inspector: &mut Inspector<'_>, address: &str, ways: Vec<Way>) -> Result<()> {
    for (way, request, status) in ways {
        let response = send(address, &request)?;
        let is_right = response.starts_with(&format!("HTTP/1.1 {status} "));
        inspector.expect(&format!("{status} to {way}: {response:.60}"), is_right);
        inspector.inspect(&format!("the response to {way}"), &response);
    }
    Ok(())
}

/// The token in right and wrong headers.
fn in_headers(token: &str) -> Vec<Way> {
    let header = |name: &str| get(LIST, &format!("{name} {token}\r\n"));
    let basic = STANDARD.encode(format!("user:{token}"));
    let basic = get(LIST, &format!("Authorization: Basic {basic}\r\n"));
    let bearer = format!("{JSON}Authorization: Bearer {token}\r\n");
    let change = |path: &str, name: &str| {
        let body = json!({"project_name": name, "token": token});
        post(path, &bearer, &body.to_string())
    };
    let create = change("/api/projects/create", "Made");
    let restart = change("/api/pipeline/restart", "Nowhere");
    let referer = get("/nothing", &format!("Referer: http://h/#token={token}\r\n"));
    let twice = header(&format!("Authorization: Bearer {token}"));
    let malformed = header(&format!("no colon {token}\r\nAuthorization: Bearer"));
    let huge = get(LIST, &format!("Cookie: {}\r\n", token.repeat(1000)));
    vec![
        ("a bearer", header("Authorization: Bearer"), 200),
        ("a create", create, 201),
        ("a restart", restart, 404),
        ("a page", get("/", &bearer), 200),
        ("a wrong method", get("/api/session/login", &bearer), 405),
        ("a wrong bearer", header("Authorization: Bearer x"), 401),
        ("a bearer twice", twice, 401),
        ("a token alone", header("Authorization:"), 401),
        ("basic", basic, 401),
        ("another header", header("X-Token:"), 401),
        ("a cookie", header("Cookie: podslate="), 401),
        ("a referer", referer, 404),
        ("a malformed head", malformed, 400),
        ("a huge head", huge, 431),
    ]
}

/// The token in addresses.
fn in_addresses(token: &str) -> Vec<Way> {
    let encoded: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let letters: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
    let user = format!("http://user:{encoded}@localhost{LIST}");
    [
        ("a query", format!("{LIST}?token={encoded}"), 401),
        ("a plain query", format!("{LIST}?token={letters}"), 401),
        ("a query of the page", format!("/?token={encoded}"), 200),
        ("a path", format!("/{encoded}"), 404),
        ("a plain path", format!("/{letters}"), 404),
        ("a path of the API", format!("/api/{encoded}"), 404),
        ("a path of an asset", format!("/assets/{encoded}"), 404),
        ("a project", format!("/api/projects/{letters}"), 401),
        ("an address with a user", user, 401),
    ]
    .map(|(way, path, status)| (way, get(&path, ""), status))
    .into()
}

/// The token in the body of a sign-in.
fn sign_ins(token: &str) -> Vec<Way> {
    let login = |headers: &str, body: &str| post("/api/session/login", headers, body);
    let json = |body: Value| login(JSON, &body.to_string());
    let good = json!({ "token": token });
    let elsewhere = format!("{JSON}Origin: https://evil.example\r\n");
    let cross_site = login(&elsewhere, &good.to_string());
    let other_host = json(good.clone()).replace("localhost", "evil.example");
    let wrong = json(json!({ "token": format!("{token}x") }));
    let text = login("Content-Type: text/plain\r\n", &good.to_string());
    let form = login("", &format!("token={token}"));
    let huge = json(json!({ "token": token.repeat(1000) }));
    let half = login(JSON, &format!("{{\"token\":\"{token}"));
    vec![
        ("a wrong sign-in", wrong, 401),
        ("a sign-in as text", text, 415),
        ("a sign-in as a form", form, 415),
        ("a huge sign-in", huge, 413),
        ("half a sign-in", half, 400),
        ("a list of tokens", json(json!({ "token": [token] })), 400),
        ("a text as a sign-in", json(json!(token)), 400),
        ("a sign-in of another site", cross_site, 403),
        ("a sign-in at another host", other_host, 403),
    ]
}

/// Signs in and out. The session is a secret as well, except in the header that sets it.
fn send_session(inspector: &mut Inspector<'_>, address: &str, token: &str) -> Result<()> {
    let body = json!({ "token": token }).to_string();
    let response = send(address, &post("/api/session/login", JSON, &body))?;
    let cookie = response
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.with_context(|| format!("no cookie in {response}"))?;
    let (pair, _) = cookie.split_once(';').unwrap_or_default();
    let (_, id) = pair.split_once('=').unwrap_or_default();
    let parts: Vec<_> = id.split('.').map(str::len).collect();
    let is_signed = matches!(parts[..], [_, 32, 64]);
    inspector.expect("a session of 128 random bits that is signed", is_signed);
    let rest = response.replace(cookie, "");
    inspector.inspect("the response to a sign-in", &rest);
    inspector.inspect("the cookie", cookie);
    inspector.canaries.push(Canary::new(id));
    inspector.inspect("the response to a sign-in without its cookie", rest);
    let cookie = format!("Cookie: {pair}\r\n");
    let name = json!({ "project_name": "Hers" }).to_string();
    let session = format!("{cookie}{JSON}");
    let create = post("/api/projects/create", &session, &name);
    let elsewhere = format!("{session}Origin: https://evil.example\r\n");
    let cross_site = post("/api/projects/create", &elsewhere, &name);
    let query = get(&format!("{LIST}?{pair}"), "");
    let bearer = format!("Authorization: Bearer {id}\r\n");
    let logout = post("/api/session/logout", &session, "{}");
    let ways = vec![
        (
            "a request for the session",
            get("/api/session", &cookie),
            200,
        ),
        ("a list in a session", get("/api/projects", &cookie), 200),
        ("a project in a session", create.clone(), 201),
        ("the same project again", create, 409),
        ("the request of another site", cross_site, 403),
        ("a session in a query", query, 401),
        ("a session in a path", get(&format!("/{pair}"), ""), 404),
        ("a session as a bearer", get("/api/projects", &bearer), 401),
        ("a sign-out", logout, 200),
        ("a session that is over", get("/api/projects", &cookie), 401),
    ];
    send_ways(inspector, address, ways)
}
