//! The judge of a configuration.

use podslate_shared::config::MAX_SIZE;
use podslate_shared::{Config, ConfigProblem, ConfigReason, ProjectName};
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn problem(bytes: &[u8]) -> Option<ConfigProblem> {
    Config::parse(bytes).err()
}

fn renamed(text: &str) -> String {
    let name = ProjectName::parse("New").expect("a name");
    let config = Config::parse(text.as_bytes());
    config.expect("a configuration").with_name(&name)
}

#[test]
fn every_valid_object_with_one_name_can_be_used() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_SIZE - 8));
    assert_eq!(large.len(), MAX_SIZE);
    for text in [
        "{}",
        " {\r\n\t} \n",
        "\u{FEFF}{\"a\": null}",
        r#"{"a": "\ud83d", "b": 1e400, "c": -0.0E-1, "a": [true, false, {}, []]}"#,
        r#"{"\ud83d": 1, "project_name": "\udc00"}"#,
        r#"{"a": {"project_name": 1, "project_name": 2}, "project_name": "Robot"}"#,
        &deep,
        &large,
    ] {
        assert_eq!(problem(text.as_bytes()), None, "{text:.80}");
    }
}

/// What cannot be used: text, reason, line and column.
const UNUSABLE: &[(&str, &str, u32, u32)] = &[
    ("{\"a\": 1 // two\n}", "comment", 1, 9),
    ("/* a */ {}", "comment", 1, 1),
    ("{\n  # a\n}", "comment", 2, 3),
    ("{} // end", "comment", 1, 4),
    ("{\"a\": [1, 2,\n]}", "trailing_comma", 1, 12),
    ("{\"a\": 1,}", "trailing_comma", 1, 8),
    ("{\"a\":,}", "extra_comma", 1, 6),
    ("{\"a\": 1\n\"b\": 2}", "missing_comma", 2, 1),
    ("{\"a\": [1 2]}", "missing_comma", 1, 10),
    ("{\"a\" 1}", "missing_colon", 1, 6),
    ("{'a': 1}", "single_quotes", 1, 2),
    ("{\"a\": 'b'}", "single_quotes", 1, 7),
    ("{\u{201C}a\u{201D}: 1}", "curly_quotes", 1, 2),
    ("{\"a\": NaN}", "not_a_number", 1, 7),
    ("{\"\u{E9}\": -Infinity}", "not_a_number", 1, 7),
    ("{\"a\": Infinity}", "not_a_number", 1, 7),
    ("{\"a\": True}", "python_word", 1, 7),
    ("{\"a\": None}", "python_word", 1, 7),
    ("{a: 1}", "unquoted_key", 1, 2),
    ("{\"a\": undefined}", "unquoted_text", 1, 7),
    ("{\"a\": 01}", "bad_number", 1, 7),
    ("{\"a\": .5}", "bad_number", 1, 7),
    ("{\"a\": +1}", "bad_number", 1, 7),
    ("{\"a\": 1.}", "bad_number", 1, 7),
    ("{\"a\": 0x1F}", "bad_number", 1, 7),
    ("{\"a\": 1_000}", "bad_number", 1, 7),
    ("{\"a\": \"C:\\models\"}", "bad_escape", 1, 10),
    ("{\"a\": \"\\u12\"}", "bad_escape", 1, 8),
    ("{\"a\": \"b\n\"}", "line_break_in_text", 1, 9),
    ("{\"a\": \"b}", "unclosed_text", 1, 7),
    ("{\"a\": [1", "unfinished", 1, 9),
    ("{", "unfinished", 1, 2),
    ("{\"a\":", "unfinished", 1, 6),
    ("{}\n{}", "extra_text", 2, 1),
    ("[]", "not_object", 1, 1),
    ("\nnull", "not_object", 2, 1),
    ("\"text\"", "not_object", 1, 1),
    ("hello", "unquoted_text", 1, 1),
    ("{\"a\": @}", "unexpected_character", 1, 7),
    ("\0\0", "unexpected_character", 1, 1),
    (
        r#"{"project_name":"a","project_nam\u0065":"b"}"#,
        "name_twice",
        1,
        21,
    ),
];

#[test]
fn everything_else_has_its_reason_line_and_column() {
    for &(text, reason, line, column) in UNUSABLE {
        let found = problem(text.as_bytes()).unwrap_or_else(|| panic!("{text:?} is accepted"));
        let place = (found.reason.as_str(), found.line, found.column);
        assert_eq!(place, (reason, Some(line), Some(column)), "{text:?}");
        let json = serde_json::to_value(found).unwrap();
        assert_eq!(json["reason"], reason);
        assert!(
            found
                .to_string()
                .ends_with(&format!(" (line {line}, column {column})"))
        );
    }
}

#[test]
fn what_has_no_position_has_its_reason() {
    let large = vec![b' '; MAX_SIZE + 1];
    for (bytes, reason) in [
        (&b""[..], ConfigReason::Empty),
        (b"\xEF\xBB\xBF \n", ConfigReason::Empty),
        (b"\xFF\xFE{\0}\0", ConfigReason::Utf16),
        (b"\xFE\xFF\0{\0}", ConfigReason::Utf16),
        (&large, ConfigReason::TooLarge),
    ] {
        assert_eq!(problem(bytes), Some(reason.into()));
    }
    let found = problem(b"{\n\"a\": \"\xE9\"}").unwrap();
    let place = (found.reason, found.line, found.column);
    assert_eq!(place, (ConfigReason::NotUtf8, Some(2), Some(7)));
}

#[test]
fn only_the_value_of_the_top_level_key_changes_or_is_added_first() {
    for (text, expected) in [
        (r#"{"project_name":"Old"}"#, r#"{"project_name":"New"}"#),
        (
            "{\n  \"x\": 1.0,\n  \"project_name\" : \"O\\u006cd\",\n  \"y\": [1e400]\n}\n",
            "{\n  \"x\": 1.0,\n  \"project_name\" : \"New\",\n  \"y\": [1e400]\n}\n",
        ),
        (
            r#"{"in":{"project_name":"Old"},"project_name":7}"#,
            r#"{"in":{"project_name":"Old"},"project_name":"New"}"#,
        ),
        (
            "\u{FEFF}{\"project_name\":\"Old\"}",
            "\u{FEFF}{\"project_name\":\"New\"}",
        ),
        (
            "{\n  \"x\": 1\n}",
            "{\n  \"project_name\": \"New\",\n  \"x\": 1\n}",
        ),
        ("{\"x\": 1}", "{\n  \"project_name\": \"New\",\n  \"x\": 1}"),
        (r#"{"project_name": null}"#, r#"{"project_name": "New"}"#),
        (
            r#"{"x":{"project_name":"Old"}}"#,
            "{\n  \"project_name\": \"New\",\n  \"x\":{\"project_name\":\"Old\"}}",
        ),
        ("{}", "{\n  \"project_name\": \"New\"}"),
        ("{\n}", "{\n  \"project_name\": \"New\"\n}"),
    ] {
        assert_eq!(renamed(text), expected);
    }
}

#[test]
fn a_name_is_read_as_any_program_reads_it() {
    for (text, name) in [
        (r#"{"project_name":"Old"}"#, Some("Old")),
        (r#"{ "x": 1, "project_name" : "O\u006cd" }"#, Some("Old")),
        (
            r#"{"project_name":"Zo\u00eb \ud83e\udd8a \"x\"\n"}"#,
            Some("Zoë 🦊 \"x\"\n"),
        ),
        (r#"{"project_name":"\ud83d"}"#, None),
        (r#"{"project_name":7}"#, None),
        (r#"{"name":"Old"}"#, None),
    ] {
        let config = Config::parse(text.as_bytes()).unwrap();
        assert_eq!(config.name().as_deref(), name, "{text}");
    }
}

/// Pieces of JSON in any order: some form an object, most do not.
const PIECES: &str = r#"(\{|\}|\[|\]|,|:|"project_name"|"project\\u005fname"|"x"|"\\u00e9\\""|"|\\| |\n|\t|-|0|1|1.5e3|1e400|true|null|nul|a|\{"project_name":"Old"\}){0,12}"#;
/// Objects with valid and almost valid members.
const OBJECTS: &str = r#" ?\{( ?("project_name"|"project_nam\\u0065"|"x"|7) ?: ?("Old"|1\.0|-|1e400|\[1,2\]|\{"project_name":1\}|\[1,\]|null) ?,?){0,3}\}[ x]?"#;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_judge_calls_json_what_a_library_calls_json(text in prop_oneof![PIECES, OBJECTS]) {
        let reason = problem(text.as_bytes()).map(|problem| problem.reason);
        let is_json = matches!(
            reason,
            None | Some(ConfigReason::NotObject | ConfigReason::NameTwice)
        );
        let is_valid = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        // The name may be there twice before the text stops being JSON.
        prop_assert!(is_json == is_valid || reason == Some(ConfigReason::NameTwice), "{:?}", reason);
    }
}
