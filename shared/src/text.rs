//! Text from others, made safe for terminals and logs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that join or part letters, and make one picture of several: Persian words and
/// families of emoji need them.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// The text with every character that moves a terminal, ends a line, or hides or reorders others
/// written as `\u{1b}`: control and format characters, separators except the space, and
/// characters without a meaning.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |character, escaped| {
        let _ = write!(escaped, "{}", character.escape_unicode());
    })
}

/// JSON of the same value in which every such character is written as `\u001b`.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    escape(json, |character, escaped| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

fn escape(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let mut escaped = String::new();
    let mut end = 0;
    for (start, character) in escapes(text) {
        escaped.push_str(&text[end..start]);
        write(character, &mut escaped);
        end = start + character.len_utf8();
    }
    if end == 0 {
        return Cow::Borrowed(text);
    }
    escaped.push_str(&text[end..]);
    Cow::Owned(escaped)
}

/// The characters that have to be escaped, with their positions.
fn escapes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let characters = text.char_indices();
    characters.filter(|&(start, character)| {
        let end = start + character.len_utf8();
        let joins = || JOINERS.contains(&character) && joins(text, start, end);
        !is_printable(character) && !joins()
    })
}

/// Whether there are letters or pictures on both sides, which ASCII has none to join of.
fn joins(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    [before, after]
        .iter()
        .all(|side| side.is_some_and(|side| !side.is_ascii() && is_printable(side)))
}

fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // The standard library has the table, and escapes a combining character only at the start.
    let mut text = [b' '; 5];
    let length = character.encode_utf8(&mut text[1..]).len();
    let text = str::from_utf8(&text[..=length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests {
    use icu_properties::CodePointMapData;
    use icu_properties::props::GeneralCategory;

    use super::*;

    /// Every character that does not draw itself is escaped, and every other one stays.
    #[test]
    fn no_character_moves_a_terminal_or_forges_a_line() {
        let categories = CodePointMapData::<GeneralCategory>::new();
        let (mut escaped_count, mut shown_count, mut new_count) = (0, 0, 0);
        for character in '\0'..=char::MAX {
            let category = categories.get(character);
            let text = format!("a{character}b");
            let shown = printable(&text);
            let is_safe = match category {
                GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse => false,
                GeneralCategory::Unassigned => continue,
                GeneralCategory::SpaceSeparator => character == ' ',
                _ => true,
            };
            let escaped = format!("a{}b", character.escape_unicode());
            let count = match (is_safe, shown == text) {
                (false, _) => &mut escaped_count,
                (true, true) => &mut shown_count,
                (true, false) => &mut new_count,
            };
            *count += 1;
            // A character may be newer than the standard library's table.
            let is_right = shown == escaped || is_safe && shown == text;
            assert!(is_right, "{shown:?} {category:?}");
        }
        assert!(escaped_count > 137_000, "{escaped_count}");
        assert!(
            shown_count > 140_000 && new_count < 15_000,
            "{shown_count}, {new_count} new"
        );
    }

    #[test]
    fn text_is_escaped_where_necessary() {
        for (text, shown) in [
            ("", ""),
            (
                "Hero's \"copy\" \\ Größe 名前",
                "Hero's \"copy\" \\ Größe 名前",
            ),
            ("a\n\u{1b}[2Jb\u{7}", "a\\u{a}\\u{1b}[2Jb\\u{7}"),
            (
                "\u{9b}31m\u{202e}gnp.exe\u{2028}",
                "\\u{9b}31m\\u{202e}gnp.exe\\u{2028}",
            ),
            ("e\u{301}", "e\u{301}"),
            ("می\u{200c}روم 👩\u{200d}🚀", "می\u{200c}روم 👩\u{200d}🚀"),
            ("Hero\u{200c} \u{200d}", "Hero\\u{200c} \\u{200d}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let value = serde_json::json!({"a\u{9b}": "\u{202e}\n\u{e0041}\u{7f}é"});
        let json = value.to_string();
        let escaped = printable_json(&json);
        let expected = r#"{"a\u009b":"\u202e\n\udb40\udc41\u007fé"}"#;
        assert_eq!(escaped, expected);
        let parsed: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(parsed, value);
    }
}
