//! An answer, and the form of errors.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header as text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in Unicode")
    }

    /// The status, and the body, which is JSON.
    pub fn json(&self) -> (u16, Value) {
        assert_eq!(
            self.header("content-type"),
            "application/json",
            "{}",
            self.text()
        );
        (
            self.status,
            serde_json::from_slice(&self.body).expect("JSON"),
        )
    }
}

/// The body of an error.
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

/// The body of the error for a request that is not understood.
pub fn invalid(what: &str) -> Value {
    error(
        "request_invalid",
        &format!("The request is not valid: {what}."),
        None,
    )
}

/// The body of the error for an address with nothing behind it.
pub fn not_found() -> Value {
    error(
        "not_found",
        "There is nothing at this address.",
        Some("The API is described at `/api/docs`."),
    )
}

/// The body of the error for a project that does not exist.
pub fn no_project(name: &str) -> Value {
    error(
        "project_not_found",
        &format!("There is no project `{name}`."),
        Some("Check the spelling; capitals matter."),
    )
}

/// The body of the error for a name in use.
pub fn taken(name: &str) -> Value {
    error(
        "name_taken",
        &format!("`{name}` already exists in the workspace."),
        Some("Choose another name; what exists was not changed."),
    )
}

/// The body of the error for a name that another entry has in other capitals.
pub fn twin(entry: &str) -> Value {
    error(
        "case_twin",
        &format!("`{entry}` exists in the workspace and differs from this name only by capitals."),
        Some("Windows and macOS cannot tell the two apart; choose another name."),
    )
}

/// The body of the error for a folder that is no project.
pub fn not_a_project(name: &str) -> Value {
    error(
        "not_a_project",
        &format!("`{name}` exists in the workspace but is not a project."),
        Some("Choose another name; what exists was not changed."),
    )
}
