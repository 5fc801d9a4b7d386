//! Names that break a rule, in every part of a request that has a name.

use podslate_shared::FolderName;
use serde_json::{Value, json};

use crate::response::{error, no_project};
use crate::server::Server;

const RULE: &str = "A name has 2 to 64 characters: letters A to Z, digits, `_` and `-`; it starts \
                    with a letter or digit.";

/// A name, the rule that it breaks, and the suggested name.
struct Case(&'static str, Broken, Option<&'static str>);

/// A broken rule with the variable part of its sentence.
enum Broken {
    Empty,
    Short,
    Long(usize),
    Start(&'static str),
    /// The character as it is displayed, and its position.
    Character(&'static str, usize),
    Device,
}
use Broken::{Character, Device, Empty, Long, Short, Start};

const CASES: &[Case] = &[
    Case("", Empty, None),
    Case("a", Short, Some("a_project")),
    Case(
        "a2345678901234567890123456789012345678901234567890123456789012345",
        Long(65),
        Some("a234567890123456789012345678901234567890123456789012345678901234"),
    ),
    Case("-start", Start("`-`"), Some("start")),
    Case("_start", Start("`_`"), Some("start")),
    Case("..", Character("`.`", 1), None),
    Case(".hidden", Character("`.`", 1), Some("hidden")),
    Case(
        ".podslate-tmp-x",
        Character("`.`", 1),
        Some("podslate-tmp-x"),
    ),
    Case("trailing.", Character("`.`", 9), Some("trailing")),
    Case("../escape", Character("`.`", 1), Some("escape")),
    Case("a/../../b", Character("`/`", 2), Some("a_b")),
    Case("/etc/passwd", Character("`/`", 1), Some("etc_passwd")),
    Case(r"..\escape", Character("`.`", 1), Some("escape")),
    Case(r"C:\Windows", Character("`:`", 2), Some("C_Windows")),
    Case("file:stream", Character("`:`", 5), Some("file_stream")),
    Case(
        "nul\0byte",
        Character("the invisible character U+0000", 4),
        Some("nul_byte"),
    ),
    Case(" space", Character("a space", 1), Some("space")),
    Case("two words", Character("a space", 4), Some("two_words")),
    Case(
        "line\nbreak",
        Character("a line break", 5),
        Some("line_break"),
    ),
    Case("tab\tbed", Character("a tab", 4), Some("tab_bed")),
    Case(
        "bell\u{7}",
        Character("the invisible character U+0007", 5),
        Some("bell"),
    ),
    Case(
        "flip\u{202E}ped",
        Character("the invisible character U+202E", 5),
        Some("flip_ped"),
    ),
    Case("grün", Character("`ü`", 3), Some("grun")),
    Case("名前", Character("`名`", 1), None),
    Case("smile😀", Character("`😀`", 6), Some("smile")),
    Case("50%", Character("`%`", 3), Some("50")),
    Case("<script>", Character("`<`", 1), Some("script")),
    Case("a`b", Character("a backtick", 2), Some("a_b")),
    Case("$(id)", Character("`$`", 1), Some("id")),
    Case("NUL", Device, Some("NUL_project")),
    Case("con", Device, Some("con_project")),
    Case("Com1", Device, Some("Com1_project")),
    Case("LPT0", Device, Some("LPT0_project")),
];

impl Case {
    /// Body of the response.
    fn body(&self) -> Value {
        let Self(name, broken, suggestion) = self;
        let (rule, sentence) = match broken {
            Empty => ("empty", "The project name is empty.".to_owned()),
            Short => (
                "too_short",
                "The project name is too short: it needs at least 2 characters.".to_owned(),
            ),
            Long(length) => (
                "too_long",
                format!(
                    "The project name is too long: it has {length} characters, and the maximum is 64."
                ),
            ),
            Start(character) => (
                "bad_start",
                format!("A project name starts with a letter or digit, not with {character}."),
            ),
            Character(character, position) => (
                "bad_character",
                format!(
                    "A project name may not contain {character} (character {position}): use letters A \
                     to Z, digits, `_` and `-`."
                ),
            ),
            Device => (
                "device_name",
                format!("`{name}` is a device name on Windows and cannot name a folder there."),
            ),
        };
        let hint = suggestion.map(|name| format!("For example: `{name}`."));
        let mut body = error(
            "name_invalid",
            &sentence,
            Some(hint.as_deref().unwrap_or(RULE)),
        );
        body["rule"] = json!(rule);
        if let Some(suggestion) = suggestion {
            body["suggestion"] = json!(suggestion);
        }
        body
    }

    /// Response where the name is that of an existing folder, which may break the rule.
    fn as_old(&self) -> (u16, Value) {
        match FolderName::parse(self.0) {
            Ok(_) => (404, no_project(self.0)),
            Err(_) => (400, self.body()),
        }
    }

    /// The name as part of an address, with every byte escaped.
    fn escaped(&self) -> String {
        let bytes = self.0.bytes();
        bytes.fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
    }
}

#[tokio::test]
async fn every_name_in_a_body_is_checked() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    for case in CASES {
        for (path, body) in [
            ("/api/projects/create", json!({"project_name": case.0})),
            ("/rename", json!({"old_name": case.0, "new_name": "Beta"})),
            ("/rename", json!({"old_name": "Alpha", "new_name": case.0})),
            ("/api/projects/Alpha/rename", json!({"new_name": case.0})),
        ] {
            let response = server.post(path, &body).await;
            let is_old = body["old_name"] == case.0;
            let expected = if is_old {
                case.as_old()
            } else {
                (400, case.body())
            };
            assert_eq!(response, expected, "{path} {body}");
        }
    }
    assert_eq!(server.tree(), before);

    let body = json!({"old_name": "Alpha", "new_name": "Beta"});
    assert_eq!(server.post("/rename", &body).await.0, 200);
    server.create(&["Alpha"]).await;
    server.assert_projects(&["Alpha", "Beta"]);
}

#[tokio::test]
async fn every_name_in_an_address_is_checked() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let before = server.tree();
    // Without a name, it is another address.
    for case in CASES.iter().filter(|case| !case.0.is_empty()) {
        let escaped = case.escaped();
        let response = server.raw_get(&format!("/api/projects/{escaped}")).await;
        assert_eq!(response.json(), case.as_old());

        let body = r#"{"new_name":"Beta"}"#;
        let response = server
            .raw(format!(
                "POST /api/projects/{escaped}/rename HTTP/1.1\r\nhost: localhost\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await;
        assert_eq!(response.json(), case.as_old());

        let response = server.raw_get(&format!("/api/names/{escaped}")).await;
        let mut problem = case.body();
        problem.as_object_mut().unwrap().shift_remove("status");
        let body = json!({
            "status": "success", "project_name": case.0, "available": false, "problem": problem,
        });
        assert_eq!(response.json(), (200, body));
    }
    assert_eq!(server.tree(), before);
    let response = server.raw_get("/api/projects/%41lph%61").await;
    assert_eq!(response.status, 200, "{}", response.text());
}

#[tokio::test]
async fn the_shortest_and_the_longest_names_are_accepted() {
    let server = Server::start().await;
    let long = "L".repeat(64);
    let names = ["a1", "0-", &long, "COM10", "nul_", "CONs"];
    server.create(&names).await;
    server.assert_projects(&names);
}
