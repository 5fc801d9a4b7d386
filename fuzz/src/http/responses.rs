//! Responses, parsed strictly.

use std::fmt;

use podslate_backend::startup::DEFAULT_PROJECT;
use podslate_shared::{Created, ErrorBody, ProjectName};
use serde_json::Value;

use super::wire;

/// One response.
pub struct Response<'a> {
    status: u16,
    head: &'a str,
    body: &'a [u8],
}

/// Change that a response reports.
#[derive(Debug)]
pub enum Change {
    /// A project was created.
    Created(String),
    /// A project was renamed.
    Renamed(String, String),
}

impl<'a> Response<'a> {
    /// All responses of a connection. The last one may be cut short if the server closed the
    /// connection during a large one.
    pub fn all(mut received: &'a [u8]) -> Vec<Self> {
        let mut responses = Vec::new();
        while let Some(end) = wire::find(received, b"\r\n\r\n") {
            let (head, rest) = received.split_at(end + 4);
            let head = std::str::from_utf8(head).expect("a head is text");
            let status = head
                .strip_prefix("HTTP/1.1 ")
                .or_else(|| head.strip_prefix("HTTP/1.0 "))
                .and_then(|line| line.get(..3)?.parse().ok())
                .unwrap_or_else(|| panic!("no response begins with {head:?}"));
            let mut response = Self {
                status,
                head,
                body: &[],
            };
            // A response to HEAD has a length and no body.
            let has_body = status >= 200 && status != 304 && !rest.starts_with(b"HTTP/1.");
            let length = response.header("content-length").filter(|_| has_body);
            let length = length.map_or(0, |length| length.parse().expect("a length"));
            (response.body, received) = rest.split_at(rest.len().min(length));
            if has_body && response.header("transfer-encoding") == Some("chunked") {
                // Compressed, so it is not looked into.
                received = wire::after_chunks(rest);
            }
            responses.push(response);
        }
        responses
    }

    /// Checks what holds for every response.
    pub fn check(&self) {
        assert!(self.status < 500, "{self:?}");
        // Without an ID, the bytes were not a request: hyper responds without the service.
        if self.header("x-request-id").is_none() {
            let is_bare = matches!(self.status, 100 | 400 | 431) && self.body.is_empty();
            assert!(is_bare, "{self:?}");
            return;
        }
        let has_csp = self.header("content-security-policy").is_some();
        let has_nosniff = self.header("x-content-type-options") == Some("nosniff");
        assert!(has_csp && has_nosniff, "{self:?}");
        if self.status >= 400
            && let Some(json) = self.json()
        {
            assert_eq!(json["status"], "error", "{self:?}");
            let error: ErrorBody = serde_json::from_value(json).expect("an error");
            assert_eq!(error.code.status(), self.status, "{self:?}");
        }
    }

    /// The reported change, if there is one.
    pub fn change(&self) -> Option<Change> {
        let json = self.json().filter(|_| self.status < 300)?;
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let message = text("message")?;
        assert!(!message.contains("could not"), "{self:?}");
        if let Some(old) = text("old_name") {
            return Some(Change::Renamed(old, text("new_name")?));
        }
        let name = text("project_name")?;
        let created = Created {
            project_name: ProjectName::parse(&name).expect("a valid name"),
            project_path: text("project_path")?,
        };
        if message.starts_with(&created.to_string()) {
            return Some(Change::Created(name));
        }
        // The pristine default project was renamed.
        Some(Change::Renamed(DEFAULT_PROJECT.to_owned(), name))
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The body, if it is JSON and complete.
    fn json(&self) -> Option<Value> {
        let is_json = self.header("content-type") == Some("application/json");
        let length: usize = self.header("content-length")?.parse().ok()?;
        let is_complete = is_json && length == self.body.len() && length > 0;
        is_complete.then(|| serde_json::from_slice(self.body).expect("valid JSON"))
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.head, String::from_utf8_lossy(self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: &str = "x-request-id: 1\r\ncontent-security-policy: x\r\n\
                           x-content-type-options: nosniff\r\n";
    const NAME_TAKEN: &str = r#"{"status":"error","code":"name_taken","error":"x","message":"x"}"#;

    fn check(status: &str, headers: &str, body: &str) {
        let length = body.len();
        let received = format!(
            "HTTP/1.1 {status}\r\n{headers}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let responses = Response::all(received.as_bytes());
        assert_eq!(responses.len(), 1);
        responses[0].check();
    }

    #[test]
    fn a_good_response_passes() {
        check("409 Conflict", HEADERS, NAME_TAKEN);
        check("200 OK", HEADERS, "{}");
        check("400 Bad Request", "", "");
    }

    #[test]
    #[should_panic(expected = "500")]
    fn a_failure_of_the_server_does_not_pass() {
        check("500 Internal Server Error", HEADERS, "{}");
    }

    #[test]
    #[should_panic(expected = "name_taken")]
    fn a_status_of_another_code_does_not_pass() {
        check("400 Bad Request", HEADERS, NAME_TAKEN);
    }

    #[test]
    #[should_panic(expected = "nosniff")]
    fn a_missing_header_does_not_pass() {
        check("200 OK", &HEADERS.replace("policy", "police"), "{}");
    }

    #[test]
    #[should_panic(expected = "name_taken")]
    fn a_body_without_a_request_does_not_pass() {
        check("400 Bad Request", "", NAME_TAKEN);
    }
}
