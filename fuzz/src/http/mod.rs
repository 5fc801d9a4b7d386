//! Any bytes on a connection to the server.

mod fixture;
mod responses;
mod server;
mod wire;

use std::sync::{Mutex, OnceLock, PoisonError};

use podslate_backend::Token;

use fixture::{CANARY, Fixture, SECRET};
use responses::Response;
use server::Server;

/// Number of bytes that reach the client even if the server closes the connection; the system may
/// discard the end of more.
const MAX_RELIABLE: usize = 64 * 1024;

/// Sends the bytes, as `wire` prepares them, to an open server and to one with an unknown token.
///
/// Every response is complete and none is a failure of the server; afterwards the workspaces are
/// exactly what the responses report, with nothing half-made, and their neighbors are unchanged.
///
/// # Panics
/// Anything else happened.
pub fn http(bytes: &[u8]) {
    static TARGETS: OnceLock<Mutex<[Target; 2]>> = OnceLock::new();
    let targets = TARGETS.get_or_init(|| Mutex::new([Target::open(), Target::closed()]));
    // After a panic, the next input finds the workspace restored.
    let mut targets = targets.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = wire::requests(bytes);
    targets.iter_mut().for_each(|target| target.check(&sent));
}

/// A server and its workspace.
struct Target {
    server: Server,
    fixture: Fixture,
    is_open: bool,
}

impl Target {
    fn open() -> Self {
        Self::start(None)
    }

    fn closed() -> Self {
        Self::start(Some(Token::random().expect("random numbers")))
    }

    fn start(token: Option<Token>) -> Self {
        let is_open = token.is_none();
        let fixture = Fixture::new(is_open);
        Self {
            server: Server::start(&fixture.workspace(), token),
            fixture,
            is_open,
        }
    }

    fn check(&mut self, sent: &[u8]) {
        self.fixture.restore();
        let received = self.server.send(&[sent, wire::END].concat());
        for (word, is_secret) in [(SECRET, true), (CANARY, !self.is_open)] {
            let is_disclosed = wire::has(&received, word) && !wire::has(sent, word);
            assert!(!(is_secret && is_disclosed), "`{word}` was disclosed");
        }
        let responses = Response::all(&received);
        responses.iter().for_each(Response::check);
        let changes: Vec<_> = responses.iter().filter_map(Response::change).collect();
        assert!(self.is_open || changes.is_empty(), "{changes:?}");
        if received.len() < MAX_RELIABLE {
            self.fixture.expect(&changes);
        } else {
            self.fixture.expect_complete();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(target: &Target, requests: &[&str]) -> Vec<responses::Change> {
        let sent = wire::requests(requests.join("\0").as_bytes());
        let received = target.server.send(&[&*sent, wire::END].concat());
        let responses = Response::all(&received);
        assert_eq!(responses.len(), requests.len() + 1, "{responses:?}");
        responses.iter().filter_map(Response::change).collect()
    }

    fn post(path: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: *\r\n\r\n{body}"
        )
    }

    #[test]
    fn every_change_is_reported_and_expected() {
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        let rename = post("/rename", r#"{"old_name":"Robot","new_name":"robot"}"#);
        let body = r#"{"project_name":"Hero","adopt_default":true}"#;
        let adopt = post("/api/projects/create", body);
        let mut target = Target::open();
        for (requests, expected) in [
            (&[&*create, &create][..], r#"[Created("Robot")]"#),
            (
                &[&create, &rename],
                r#"[Created("Robot"), Renamed("Robot", "robot")]"#,
            ),
            (&[&adopt], r#"[Renamed("Exhibition", "Hero")]"#),
            (&["GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"], "[]"),
        ] {
            target.fixture.restore();
            let changes = changes(&target, requests);
            assert_eq!(format!("{changes:?}"), expected);
            target.fixture.expect(&changes);
        }
    }

    #[test]
    #[should_panic(expected = "work/space/Robot")]
    fn an_unreported_project_does_not_pass() {
        let mut target = Target::open();
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        assert_eq!(changes(&target, &[&create]).len(), 1);
        target.fixture.expect(&[]);
    }

    #[test]
    fn without_the_token_nothing_changes() {
        let mut target = Target::closed();
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        assert!(changes(&target, &[&create]).is_empty());
        target.fixture.expect(&[]);
    }
}
