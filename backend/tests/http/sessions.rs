//! Signing in and out, and requests with the cookie.

use reqwest::Method;
use serde_json::{Value, json};

use crate::response::Response;
use crate::server::{Server, TOKEN};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn login(server: &Server, token: &str, headers: &[(&str, &str)]) -> Response {
    let body = json!({ "token": token }).to_string();
    let headers = [headers, &[JSON]].concat();
    server
        .send(Method::POST, "/api/session/login", &headers, Some(&body))
        .await
}

fn session(is_signed_in: bool) -> Value {
    json!({"status": "success", "token_wanted": true, "signed_in": is_signed_in})
}

#[tokio::test]
async fn the_token_opens_a_session_until_logout() {
    let server = Server::with_token().await;
    let response = login(&server, TOKEN, &[]).await;
    assert_eq!(response.json(), (200, session(true)));
    let set = response.header("set-cookie");
    let (cookie, attributes) = set.split_once(';').expect("attributes");
    assert_eq!(
        attributes,
        " Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
    );
    assert!(!set.contains(TOKEN));

    let with = [("cookie", cookie), JSON];
    let body = Some(r#"{"project_name":"Alpha"}"#);
    let create = async |headers: &[(&str, &str)]| {
        let path = "/api/projects/create";
        server.send(Method::POST, path, headers, body).await.status
    };
    assert_eq!(create(&[JSON]).await, 401);
    assert_eq!(
        create(&[("cookie", &cookie[..cookie.len() - 1]), JSON]).await,
        401
    );
    let elsewhere = [&with[..], &[("origin", "https://evil.example")]].concat();
    assert_eq!(create(&elsewhere).await, 403);
    let sibling = [&with[..], &[("sec-fetch-site", "same-site")]].concat();
    assert_eq!(create(&sibling).await, 403);
    server.assert_projects(&[]);
    assert_eq!(create(&with).await, 201);

    let state = async || {
        server
            .send(Method::GET, "/api/session", &with, None)
            .await
            .json()
    };
    assert_eq!(state().await, (200, session(true)));
    let out = server
        .send(Method::POST, "/api/session/logout", &with, None)
        .await;
    assert_eq!(out.json(), (200, session(false)));
    assert!(out.header("set-cookie").contains("Max-Age=0;"));
    assert_eq!(state().await, (200, session(false)));
    assert_eq!(create(&with).await, 401);
}

#[tokio::test]
async fn behind_https_the_cookie_is_only_for_https_and_this_host() {
    let server = Server::with_token().await;
    let response = login(&server, TOKEN, &[("x-forwarded-proto", "https")]).await;
    let cookie = response.header("set-cookie");
    assert!(cookie.starts_with("__Host-podslate"), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn wrong_tokens_are_limited_and_the_right_one_is_not() {
    let server = Server::with_token().await;
    for _ in 0..12 {
        assert_eq!(login(&server, "wrong", &[]).await.status, 401);
    }
    let response = login(&server, "wrong", &[]).await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (429, "60")
    );
    let bearer = [("authorization", "Bearer wrong")];
    let response = server
        .send(Method::GET, "/api/projects", &bearer, None)
        .await;
    assert_eq!(response.json().1["code"], "too_many_requests");
    assert_eq!(login(&server, TOKEN, &[]).await.status, 200);
}
