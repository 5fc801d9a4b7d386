//! Answers, read strictly.

use std::fmt;

use podslate_shared::ErrorBody;
use serde_json::Value;

use super::wire;

/// One answer.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    head: &'a str,
    body: &'a [u8],
}

/// What an answer says that was done.
#[derive(Debug)]
pub enum Change {
    /// A project was made.
    Created(String),
    /// A project was renamed.
    Renamed(String, String),
}

impl<'a> Answer<'a> {
    /// All answers of a connection. The last one may be cut short, where the server closed in the
    /// middle of a large one.
    pub fn all(mut told: &'a [u8]) -> Vec<Self> {
        let mut answers = Vec::new();
        while let Some(end) = wire::find(told, b"\r\n\r\n") {
            let (head, rest) = told.split_at(end + 4);
            let head = std::str::from_utf8(head).expect("a head is text");
            let status = head
                .strip_prefix("HTTP/1.1 ")
                .or_else(|| head.strip_prefix("HTTP/1.0 "))
                .and_then(|line| line.get(..3)?.parse().ok())
                .unwrap_or_else(|| panic!("no answer begins with {head:?}"));
            let mut answer = Self {
                status,
                head,
                body: &[],
            };
            // An answer to HEAD has a length and no body.
            let is_bodiless = status < 200 || status == 304 || rest.starts_with(b"HTTP/1.");
            let length = answer.header("content-length").filter(|_| !is_bodiless);
            let length = length.map_or(0, |length| length.parse().expect("a length"));
            let (body, rest) = rest.split_at(rest.len().min(length));
            answer.body = body;
            told = rest;
            answers.push(answer);
        }
        answers
    }

    /// What the request is called, if it was understood as one.
    fn id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// Checks what holds for every answer.
    pub fn check(&self) {
        assert!(self.status < 500, "{self:?}");
        // Without an id it is the protocol that was broken, and no request.
        if self.id().is_none() {
            assert!(matches!(self.status, 100 | 400 | 431), "{self:?}");
            if self.status == 100 {
                return;
            }
        }
        let csp = self.header("content-security-policy");
        let is_careful = csp.is_some() && self.header("x-content-type-options") == Some("nosniff");
        assert!(is_careful, "{self:?}");
        let Some(json) = self.json() else { return };
        if self.status >= 400 {
            assert_eq!(json["status"], "error", "{self:?}");
            let error: ErrorBody = serde_json::from_value(json).expect("an error has its form");
            assert_eq!(error.code.info().http, self.status, "{self:?}");
        }
    }

    /// The change that it tells of.
    pub fn change(&self) -> Option<Change> {
        if !(200..300).contains(&self.status) {
            return None;
        }
        let json = self.json()?;
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let (old, message) = (text("old_name"), text("message")?);
        assert!(!message.contains("could not"), "{self:?}");
        if let Some(old) = old {
            return Some(Change::Renamed(old, text("new_name")?));
        }
        let new = text("project_name")?;
        // The default project was renamed instead of making another.
        match message.strip_prefix("Renamed project ") {
            Some(rest) => Some(Change::Renamed(rest.split(' ').next()?.to_owned(), new)),
            None => Some(Change::Created(new)),
        }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.head.lines().skip(1);
        lines
            .find_map(|line| line.split_once(": ").filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    }

    /// The body, if it is JSON and whole.
    fn json(&self) -> Option<Value> {
        let is_json = self.header("content-type") == Some("application/json");
        let length: usize = self.header("content-length")?.parse().ok()?;
        let is_whole = is_json && length == self.body.len() && length > 0;
        is_whole.then(|| serde_json::from_slice(self.body).expect("JSON is JSON"))
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.head, String::from_utf8_lossy(self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: &str = "x-request-id: 1\r\ncontent-security-policy: x\r\n\
                           x-content-type-options: nosniff\r\n";

    fn check(status: &str, headers: &str, body: &str) {
        let length = body.len();
        let told = format!(
            "HTTP/1.1 {status}\r\n{headers}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let answers = Answer::all(told.as_bytes());
        assert_eq!(answers.len(), 1);
        answers[0].check();
    }

    #[test]
    fn a_good_answer_passes() {
        let body = r#"{"status":"error","code":"name_taken","error":"x","message":"x"}"#;
        check("409 Conflict", HEADERS, body);
        check("200 OK", HEADERS, "{}");
    }

    #[test]
    #[should_panic(expected = "500")]
    fn a_failure_of_the_server_is_noticed() {
        check("500 Internal Server Error", HEADERS, "{}");
    }

    #[test]
    #[should_panic(expected = "name_taken")]
    fn a_status_that_does_not_belong_to_the_code_is_noticed() {
        let body = r#"{"status":"error","code":"name_taken","error":"x","message":"x"}"#;
        check("400 Bad Request", HEADERS, body);
    }

    #[test]
    #[should_panic(expected = "nosniff")]
    fn a_missing_header_is_noticed() {
        check("200 OK", &HEADERS.replace("policy", "police"), "{}");
    }
}
