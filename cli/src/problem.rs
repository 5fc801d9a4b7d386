//! Errors of this room, in the form that all rooms share.

use podslate_shared::{ErrorBody, ErrorCode};

/// The error `code` about `what`.
pub fn new(code: ErrorCode, what: impl AsRef<str>) -> ErrorBody {
    ErrorBody::new(code, clean(what.as_ref()).trim_end_matches(['.', '?', '!']))
}

/// The error `code` about `what`, with other advice than the table's.
pub fn hinted(code: ErrorCode, what: impl AsRef<str>, hint: impl Into<String>) -> ErrorBody {
    ErrorBody {
        hint: Some(hint.into()),
        ..new(code, what)
    }
}

/// A text from elsewhere on one line, short, and without anything that a terminal obeys.
pub fn clean(text: &str) -> String {
    const LONGEST: usize = 600;
    let shown = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        other => other,
    };
    text.trim()
        .chars()
        .map(shown)
        .filter(|character| !character.is_control())
        .take(LONGEST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_elsewhere_does_not_move_the_cursor() {
        assert_eq!(clean(" a\n\u{1b}[2Jb\u{7} "), "a [2Jb");
        assert_eq!(clean(&"x".repeat(10_000)).len(), 600);
        let error = new(ErrorCode::ProviderFailed, "it is full.");
        assert_eq!(error.error, "There is no pod to use: it is full.");
    }
}
