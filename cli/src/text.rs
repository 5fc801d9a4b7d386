//! Parts of sentences: text from elsewhere, made safe for a terminal, and numbers.

/// Maximum length of a cleaned text, in characters.
const MAX_LENGTH: usize = 600;

/// The text on one line, shortened, and without control characters, which a terminal would obey.
pub fn clean(text: &str) -> String {
    printable(text.trim()).take(MAX_LENGTH).collect()
}

/// The same for the end of a sentence, which has a period of its own.
pub fn clause(text: &str) -> String {
    clean(text).trim_end_matches('.').to_owned()
}

/// The text on one line and without control characters.
pub fn printable(text: &str) -> impl Iterator<Item = char> {
    let spaced = text.chars().map(|character| match character {
        '\n' | '\r' | '\t' => ' ',
        other => other,
    });
    spaced.filter(|character| !character.is_control())
}

/// A number with its noun, for example `1 second` or `2 seconds`.
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_does_not_move_the_cursor() {
        assert_eq!(clean(" a\n\u{1b}[2Jb\u{7} "), "a [2Jb");
        assert_eq!(clean(&"x".repeat(10_000)).len(), MAX_LENGTH);
    }
}
