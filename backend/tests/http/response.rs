//! A response, and the expected bodies of errors.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A response as it was received.
#[derive(Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in Unicode")
    }

    /// Status and JSON body.
    pub fn json(&self) -> (u16, Value) {
        let kind = self.header("content-type");
        assert_eq!(kind, "application/json", "{}", self.text());
        let body = serde_json::from_slice(&self.body).expect("JSON");
        (self.status, body)
    }
}

/// Body of an error.
pub fn error(code: &str, sentence: &str, hint: Option<&str>) -> Value {
    let mut body = json!({
        "status": "error",
        "code": code,
        "error": sentence,
        "message": sentence,
    });
    if let Some(hint) = hint {
        body["hint"] = json!(hint);
    }
    body
}

/// Body of the error for a malformed request.
pub fn invalid(reason: &str) -> Value {
    error(
        "request_invalid",
        &format!("The request is not valid: {reason}."),
        None,
    )
}

/// Body of the error for an address that does not exist.
pub fn not_found() -> Value {
    error(
        "not_found",
        "This address does not exist.",
        Some("`/api/docs` describes the API."),
    )
}

/// Body of the error for a project that does not exist.
pub fn no_project(name: &str) -> Value {
    error(
        "project_not_found",
        &format!("The project `{name}` does not exist."),
        Some("Check the spelling; names are case-sensitive."),
    )
}

/// Body of the error for a taken name.
pub fn taken(name: &str) -> Value {
    error(
        "name_taken",
        &format!("`{name}` already exists in the workspace."),
        Some("Choose another name; the existing entry was not changed."),
    )
}

/// Body of the error for a name that conflicts with an entry by case.
pub fn case_conflict(entry: &str) -> Value {
    error(
        "case_twin",
        &format!(
            "`{entry}` already exists in the workspace and differs from this name only by case."
        ),
        Some("Windows and macOS cannot tell the two apart; choose another name."),
    )
}

/// Body of the error for an entry that is not a project.
pub fn not_a_project(name: &str) -> Value {
    error(
        "not_a_project",
        &format!("`{name}` exists in the workspace but is not a project."),
        Some("Choose another name; the existing entry was not changed."),
    )
}

/// Body of the error for a request without the token.
pub fn unauthorized() -> Value {
    error(
        "unauthorized",
        "A token is required.",
        Some(
            "Sign in with the server's token, open the address that the server printed if that \
             contains it, or send `Authorization: Bearer <token>`.",
        ),
    )
}
