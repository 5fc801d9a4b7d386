//! The project's name in its configuration, and nothing else of it: every other byte stays.

use podslate_shared::ProjectName;
use podslate_shared::layout::CONFIG_NAME_KEY;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// The configuration `text` with `name` as the project's name, or `None` if `text` is not a JSON
/// object.
pub fn with_name(text: &str, name: &ProjectName) -> Option<String> {
    let (start, end) = place(text)?;
    let value = format!("\"{name}\"");
    if start < end {
        return Some([&text[..start], &value, &text[end..]].concat());
    }
    // The key is missing: it goes first, in the file's own style.
    let rest = &text[start..];
    let comma = if rest.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let first = if rest.starts_with(['\n', '\r']) || comma.is_empty() {
        ""
    } else {
        "\n  "
    };
    let key = format!("\n  \"{CONFIG_NAME_KEY}\": {value}{comma}");
    Some([&text[..start], &key, first, rest].concat())
}

/// Where the name's value stands; an empty place where the key has to be put.
fn place(text: &str) -> Option<(usize, usize)> {
    #[derive(Deserialize)]
    struct Config<'a> {
        #[serde(borrow, default, deserialize_with = "any_value")]
        project_name: Option<&'a RawValue>,
    }

    let json = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let config: Config<'_> = serde_json::from_str(json).ok()?;
    if !json.trim_start().starts_with('{') {
        return None;
    }
    match config.project_name {
        Some(value) => {
            let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
            Some((start, start + value.get().len()))
        }
        None => {
            let after = text.find('{').map_or(0, |brace| brace + 1);
            Some((after, after))
        }
    }
}

/// Keeps `null` apart from a key that is missing.
fn any_value<'a, D: Deserializer<'a>>(value: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(text: &str) -> Option<String> {
        with_name(text, &ProjectName::parse("New").unwrap())
    }

    #[test]
    fn only_the_value_of_the_top_key_changes() {
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
        ] {
            assert_eq!(renamed(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_missing_name_is_added_first() {
        for (text, expected) in [
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
            assert_eq!(renamed(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        let doubled = r#"{"project_name":"a","project_name":"b"}"#;
        for text in [
            "",
            "[]",
            "[\"Old\"]",
            "null",
            "{",
            "{\"project_name\":}",
            doubled,
            "{}x",
        ] {
            assert_eq!(renamed(text), None, "{text}");
        }
    }
}
