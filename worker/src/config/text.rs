//! The project's name in the text of a configuration; every other byte is preserved.

use std::ops::Range;

use podslate_shared::ProjectName;
use podslate_shared::layout::CONFIG_NAME_KEY;
use serde::de::IgnoredAny;

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// The project's name in the configuration, if it is valid. podslate does not write escapes, so a
/// name with escapes does not count.
pub fn name(text: &str) -> Option<ProjectName> {
    let span = value_span(text)?;
    let name = text.get(span)?.strip_prefix('"')?.strip_suffix('"')?;
    ProjectName::parse(name).ok()
}

/// The configuration `text` with `name` as the project's name, or `None` if `text` is not a JSON
/// object or has the key twice.
pub fn with_name(text: &str, name: &ProjectName) -> Option<String> {
    let span = value_span(text)?;
    let value = format!("\"{name}\"");
    let (before, rest) = (text.get(..span.start)?, text.get(span.end..)?);
    if !span.is_empty() {
        return Some([before, &value, rest].concat());
    }
    // The missing key is added first, in the style of the file.
    let is_only = rest.trim_start().starts_with('}');
    let has_break = is_only || rest.starts_with(['\n', '\r']);
    let comma = if is_only { "" } else { "," };
    let first = if has_break { "" } else { "\n  " };
    let key = format!("\n  \"{CONFIG_NAME_KEY}\": {value}{comma}");
    Some([before, &key, first, rest].concat())
}

/// Range of the name's value; an empty range at the position for the key if it is missing.
fn value_span(text: &str) -> Option<Range<usize>> {
    let json = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let inside = trimmed(json).strip_prefix('{')?;
    let at = |rest: &str| text.len() - rest.len();
    let mut found = None;
    let mut rest = inside;
    let mut end = trimmed(inside).strip_prefix('}');
    while end.is_none() {
        let (key, after) = value(rest)?;
        let member = trimmed(after).strip_prefix(':')?;
        let (member, after) = value(member)?;
        if key_is(key, CONFIG_NAME_KEY)? {
            let span = at(after) - member.len()..at(after);
            if found.replace(span).is_some() {
                return None;
            }
        }
        let after = trimmed(after);
        end = after.strip_prefix('}');
        rest = after.strip_prefix(',').unwrap_or_default();
    }
    trimmed(end?)
        .is_empty()
        .then(|| found.unwrap_or(at(inside)..at(inside)))
}

/// The source text of the value at the start of `json`, and the text after it.
///
/// The library parses one value at a time, because parsing a whole structure would pull its numbers
/// and messages into the program, which are larger than the rest of it.
fn value(json: &str) -> Option<(&str, &str)> {
    let mut values = serde_json::Deserializer::from_str(json).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let (value, after) = json.split_at_checked(values.byte_offset())?;
    Some((trimmed(value), after))
}

/// Whether the source text of a key means `word`, which has only ASCII letters and `_`; `None` if
/// it is not a string.
fn key_is(key: &str, word: &str) -> Option<bool> {
    let mut rest = key.strip_prefix('"')?.strip_suffix('"')?;
    for letter in word.chars() {
        // The short escapes do not stand for letters.
        let escape = rest.strip_prefix("\\u");
        rest = match escape.and_then(|code| code.split_at_checked(4)) {
            Some((code, after)) if u32::from_str_radix(code, 16) == Ok(letter.into()) => after,
            _ => match rest.strip_prefix(letter) {
                Some(after) => after,
                None => return Some(false),
            },
        };
    }
    Some(rest.is_empty())
}

fn trimmed(json: &str) -> &str {
    json.trim_start_matches([' ', '\t', '\n', '\r'])
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn renamed(text: &str) -> Option<String> {
        with_name(text, &ProjectName::parse("New").unwrap())
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
            // A missing key is added first.
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
    fn only_a_valid_name_is_read() {
        for (text, expected) in [
            (r#"{"project_name":"Old"}"#, Some("Old")),
            (
                "\u{FEFF}{ \"x\": 1, \"project_name\" : \"Old\" }",
                Some("Old"),
            ),
            (r#"{"project_name":"O\u006cd"}"#, None),
            (r#"{"project_name":"My Robot"}"#, None),
            (r#"{"project_name":""}"#, None),
            (r#"{"project_name":7}"#, None),
            (r#"{"project_name":null}"#, None),
            (r#"{"name":"Old"}"#, None),
            (r#"["Old"]"#, None),
            (r#"{"project_name":"Old",}"#, None),
        ] {
            let read = name(text);
            assert_eq!(read.as_ref().map(ProjectName::as_str), expected, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_an_object_with_one_name_is_rejected() {
        let doubled = r#"{"project_name":"a","project_name":"b"}"#;
        let valueless = r#"{"project_name":}"#;
        for text in [
            "",
            "[]",
            r#"["Old"]"#,
            "null",
            "{",
            valueless,
            doubled,
            "{}x",
        ] {
            assert_eq!(renamed(text), None, "{text}");
        }
    }

    /// Specification of `value_span`: parses the whole structure.
    fn value_span_by_structure(text: &str) -> Option<Range<usize>> {
        #[derive(serde::Deserialize)]
        struct Config<'a> {
            #[serde(borrow, default, deserialize_with = "any_value")]
            project_name: Option<&'a RawValue>,
        }
        fn any_value<'a, D: serde::Deserializer<'a>>(
            value: D,
        ) -> Result<Option<&'a RawValue>, D::Error> {
            serde::Deserialize::deserialize(value).map(Some)
        }

        let config: Config<'_> = serde_json::from_str(text).ok()?;
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let Some(value) = config.project_name else {
            let after = text.find('{')? + 1;
            return Some(after..after);
        };
        let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
        Some(start..start + value.get().len())
    }

    /// Pieces of JSON in any order: some form an object, most do not.
    const PIECES: &str = r#"(\{|\}|\[|\]|,|:|"project_name"|"project\\u005fname"|"project_name\\n"|"x"|"\\u00e9\\""|"|\\| |\n|\t|-|0|1|1.5e3|1e400|true|null|nul|a|\{"project_name":"Old"\}){0,12}"#;
    /// Objects with valid and almost valid members.
    const OBJECTS: &str = r#" ?\{( ?("project_name"|"project_nam\\u0065"|"project_name "|"x"|7) ?: ?("Old"|1\.0|-|1e400|\[1,2\]|\{"project_name":1\}|\[1,\]|null) ?,?){0,3}\}[ x]?"#;

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4000))]

        #[test]
        fn any_text_is_parsed_like_the_whole_structure(text in proptest::prop_oneof![PIECES, OBJECTS]) {
            proptest::prop_assert_eq!(value_span(&text), value_span_by_structure(&text));
        }
    }
}
