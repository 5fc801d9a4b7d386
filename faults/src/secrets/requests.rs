//! Every way for the token into a server, and what it answers.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::canary::{Canary, Look};
use crate::server;

const JSON: &str = "Content-Type: application/json\r\n";

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

/// Sends the token everywhere and looks at each answer.
pub fn all(look: &mut Look, address: &str, token: &str) -> io::Result<()> {
    let ways = [carried(token), addressed(token), sign_ins(token)].concat();
    for (what, request, status) in ways {
        ask(look, address, (what, &request, status))?;
    }
    session(look, address, token)?;
    // After this everyone with a wrong token waits, so it is the last.
    for _ in 0..14 {
        let wrong = get(
            "/api/projects",
            &format!("Authorization: Bearer {token}x\r\n"),
        );
        look.at(
            "an answer to one wrong token of many",
            server::send(address, &wrong)?,
        );
    }
    Ok(())
}

fn ask(
    look: &mut Look,
    address: &str,
    (what, request, status): (&str, &str, u16),
) -> io::Result<()> {
    let answer = server::send(address, request)?;
    let is_right = answer.starts_with(&format!("HTTP/1.1 {status} "));
    let begin: String = answer.chars().take(60).collect();
    look.expect(&format!("{status} to {what}: {begin}"), is_right);
    look.at(&format!("the answer to {what}"), &answer);
    Ok(())
}

/// What is sent, and the status of the answer.
type Way = (&'static str, String, u16);

/// The token in headers, right ones and wrong ones.
fn carried(token: &str) -> Vec<Way> {
    let list = "/api/projects/list";
    let header = |name: &str| get(list, &format!("{name} {token}\r\n"));
    let basic = STANDARD.encode(format!("user:{token}"));
    let basic = get(list, &format!("Authorization: Basic {basic}\r\n"));
    let bearer = format!("{JSON}Authorization: Bearer {token}\r\n");
    let change = |path: &str, name: &str| {
        let body = json!({"project_name": name, "token": token});
        post(path, &bearer, &body.to_string())
    };
    let create = change("/api/projects/create", "Made");
    let restart = change("/api/pipeline/restart", "Nowhere");
    let referer = get("/nothing", &format!("Referer: http://h/#token={token}\r\n"));
    let twice = header(&format!("Authorization: Bearer {token}"));
    let broken = header(&format!("no colon {token}\r\nAuthorization: Bearer"));
    let huge = get(list, &format!("Cookie: {}\r\n", token.repeat(1000)));
    vec![
        ("a bearer", header("Authorization: Bearer"), 200),
        ("a creator", create, 201),
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
        ("a broken head", broken, 400),
        ("a huge head", huge, 431),
    ]
}

/// The token in addresses.
fn addressed(token: &str) -> Vec<Way> {
    let list = "/api/projects/list";
    let encoded: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let letters: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
    let ask = |path: String| get(&path, "");
    vec![
        ("a query", ask(format!("{list}?token={encoded}")), 401),
        ("a plain query", ask(format!("{list}?token={letters}")), 401),
        (
            "a query of the page",
            ask(format!("/?token={encoded}")),
            200,
        ),
        ("a path", ask(format!("/{encoded}")), 404),
        ("a plain path", ask(format!("/{letters}")), 404),
        ("a path of the API", ask(format!("/api/{encoded}")), 404),
        ("a path of an asset", ask(format!("/assets/{encoded}")), 404),
        ("a project", ask(format!("/api/projects/{letters}")), 401),
        (
            "an address with a user",
            ask(format!("http://user:{encoded}@localhost{list}")),
            401,
        ),
    ]
}

/// The token in the body of a sign-in.
fn sign_ins(token: &str) -> Vec<Way> {
    let login = |headers: &str, body: &str| post("/api/session/login", headers, body);
    let json = |body: Value| login(JSON, &body.to_string());
    let good = json!({ "token": token });
    let text = login("Content-Type: text/plain\r\n", &good.to_string());
    let half = login(JSON, &format!("{{\"token\":\"{token}"));
    let elsewhere = format!("{JSON}Origin: https://evil.example\r\n");
    let of_another = login(&elsewhere, &good.to_string());
    let for_another = json(good.clone()).replace("localhost", "evil.example");
    vec![
        (
            "a wrong sign-in",
            json(json!({ "token": format!("{token}x") })),
            401,
        ),
        ("a sign-in as text", text, 415),
        (
            "a sign-in as a form",
            login("", &format!("token={token}")),
            415,
        ),
        (
            "a huge sign-in",
            json(json!({ "token": token.repeat(1000) })),
            413,
        ),
        ("half a sign-in", half, 400),
        ("a list of tokens", json(json!({ "token": [token] })), 400),
        ("a text for a sign-in", json(json!(token)), 400),
        ("a sign-in of another site", of_another, 403),
        ("a sign-in elsewhere", for_another, 403),
    ]
}

/// Signs in and out; the session is a secret as well, but for the one header that gives it.
fn session(look: &mut Look, address: &str, token: &str) -> io::Result<()> {
    let body = json!({ "token": token }).to_string();
    let answer = server::send(address, &post("/api/session/login", JSON, &body))?;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.ok_or_else(|| io::Error::other(format!("no cookie in {answer}")))?;
    let (pair, _) = cookie.split_once(';').unwrap_or_default();
    let (_, id) = pair.split_once('=').unwrap_or_default();
    look.expect("a session of 192 bits", id.len() == 48);
    look.at("the answer to a sign-in", answer.replace(cookie, ""));
    look.at("the cookie", cookie);
    look.canaries.push(Canary::new(id));
    look.at(
        "the answer to a sign-in beside its cookie",
        answer.replace(cookie, ""),
    );
    let cookie = format!("Cookie: {pair}\r\n");
    let made = json!({ "project_name": "Hers" }).to_string();
    let create = |headers: &str| post("/api/projects/create", headers, &made);
    let session = format!("{cookie}{JSON}");
    for (what, request, status) in [
        ("a look at the session", get("/api/session", &cookie), 200),
        ("a list for a session", get("/api/projects", &cookie), 200),
        ("a project for a session", create(&session), 201),
        ("the same project again", create(&session), 409),
        (
            "another site's request",
            create(&format!("{session}Origin: https://evil.example\r\n")),
            403,
        ),
        (
            "a session in a query",
            get(&format!("/api/projects/list?{pair}"), ""),
            401,
        ),
        ("a session in a path", get(&format!("/{pair}"), ""), 404),
        (
            "a session as a bearer",
            get("/api/projects", &format!("Authorization: Bearer {id}\r\n")),
            401,
        ),
        (
            "a sign-out",
            post("/api/session/logout", &session, "{}"),
            200,
        ),
        ("a session that is over", get("/api/projects", &cookie), 401),
    ] {
        ask(look, address, (what, &request, status))?;
    }
    Ok(())
}
