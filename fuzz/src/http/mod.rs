//! Any bytes on a connection to the server.

mod answers;
mod place;
mod server;
mod wire;

use std::sync::{Mutex, OnceLock, PoisonError};

use podslate_backend::Token;

use answers::Answer;
use place::{CANARY, Place, SECRET};
use server::Server;

/// So much is with the client before the server closes, however it does; of more the system may
/// throw the end away.
const ARRIVES: usize = 64 * 1024;

/// Sends the bytes to a server without a token and to one with a token that nobody knows.
///
/// Every answer is whole and none is a failure of the server; the workspaces are afterwards exactly
/// what the answers say, with nothing half made and nothing changed beside them. The bytes are sent
/// as they are, but for what `wire` says.
///
/// # Panics
/// Something else happened.
pub fn http(bytes: &[u8]) {
    static PAIR: OnceLock<Mutex<Pair>> = OnceLock::new();
    let pair = PAIR.get_or_init(|| Mutex::new(Pair::start()));
    // After a panic, the next input finds the workspace made anew.
    let mut pair = pair.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = wire::requests(bytes);
    pair.open.check(&sent);
    pair.closed.check(&sent);
}

struct Pair {
    open: Target,
    closed: Target,
}

impl Pair {
    fn start() -> Self {
        let token = Token::random().expect("the system has random numbers");
        Self {
            open: Target::start(None),
            closed: Target::start(Some(token)),
        }
    }
}

/// A server and its workspace.
struct Target {
    server: Server,
    place: Place,
    is_open: bool,
}

impl Target {
    fn start(token: Option<Token>) -> Self {
        let is_open = token.is_none();
        let place = Place::make(is_open);
        Self {
            is_open,
            server: Server::start(place.workspace(), token),
            place,
        }
    }

    fn check(&mut self, sent: &[u8]) {
        self.place.restore();
        let told = self.server.send(&[sent, wire::END].concat());
        for (word, is_hidden) in [(SECRET, true), (CANARY, !self.is_open)] {
            let is_told = wire::has(&told, word) && !wire::has(sent, word);
            assert!(!(is_hidden && is_told), "`{word}` was told");
        }
        let answers = Answer::all(&told);
        for answer in &answers {
            answer.check();
        }
        let changes: Vec<_> = answers.iter().filter_map(Answer::change).collect();
        assert!(self.is_open || changes.is_empty(), "{changes:?}");
        if told.len() < ARRIVES {
            self.place.expect(&changes);
        } else {
            self.place.expect_whole();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(target: &Target, requests: &[&str]) -> Vec<answers::Change> {
        let sent = wire::requests(requests.join("\0").as_bytes());
        let told = target.server.send(&[&*sent, wire::END].concat());
        let answers = Answer::all(&told);
        assert_eq!(answers.len(), requests.len() + 1, "{answers:?}");
        answers.iter().filter_map(Answer::change).collect()
    }

    fn post(path: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: *\r\n\r\n{body}"
        )
    }

    #[test]
    fn what_is_done_is_told_and_expected() {
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        let rename = post("/rename", r#"{"old_name":"Robot","new_name":"robot"}"#);
        let body = r#"{"project_name":"Hero","adopt_default":true}"#;
        let adopt = post("/api/projects/create", body);
        let mut target = Target::start(None);
        for (requests, expected) in [
            (&[&*create, &create][..], r#"[Created("Robot")]"#),
            (
                &[&create, &rename],
                r#"[Created("Robot"), Renamed("Robot", "robot")]"#,
            ),
            (&[&adopt], r#"[Renamed("Exhibition", "Hero")]"#),
            (&["GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"], "[]"),
        ] {
            target.place.restore();
            let changes = changes(&target, requests);
            assert_eq!(format!("{changes:?}"), expected);
            target.place.expect(&changes);
        }
    }

    #[test]
    #[should_panic(expected = "work/space/Robot")]
    fn a_project_that_nobody_was_told_of_is_noticed() {
        let mut target = Target::start(None);
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        assert_eq!(changes(&target, &[&create]).len(), 1);
        target.place.expect(&[]);
    }

    #[test]
    fn without_the_token_nothing_is_done() {
        let token = Token::random().expect("the system has random numbers");
        let mut target = Target::start(Some(token));
        let create = post("/api/projects/create", r#"{"project_name":"Robot"}"#);
        assert!(changes(&target, &[&create]).is_empty());
        target.place.expect(&[]);
    }
}
