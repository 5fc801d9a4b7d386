//! Parts of sentences: text from elsewhere, shortened, and numbers.

/// Maximum length of a cleaned text, in characters.
const MAX_LENGTH: usize = 600;

/// The text on one line, shortened, and without control characters.
pub fn clean(text: &str) -> String {
    let spaced = text.trim().chars().map(|character| match character {
        '\n' | '\r' | '\t' => ' ',
        other => other,
    });
    let visible = spaced.filter(|character| !character.is_control());
    visible.take(MAX_LENGTH).collect()
}

/// The same for the end of a sentence, which has a period of its own.
pub fn clause(text: &str) -> String {
    clean(text).trim_end_matches('.').to_owned()
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
