//! Estimate of whether a token is what its owner meant, and whether it can be guessed.

/// Minimum number of characters that do not follow from those before.
const MIN_SURPRISES: usize = 10;
/// Length of a part that counts as repeated.
const PART: usize = 4;
/// Neighbors on keyboards.
const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
/// Texts of examples, without what separates their words.
const EXAMPLES: [&str; 18] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "placeholder",
    "yourtoken",
    "yoursecret",
    "yourpassword",
    "mytoken",
    "mysecret",
    "mypassword",
    "tokenhere",
    "secrethere",
    "exampletoken",
    "secrettoken",
    "supersecret",
    "password",
    "podslatetoken",
];

/// A sentence about what a shell or a form has done to a token.
pub fn damage(text: &str) -> Option<&'static str> {
    let is_quote = |c: char| "\"\u{27}`\u{201c}\u{201d}\u{2018}\u{2019}".contains(c);
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Some("The token has a space or a line break around it; remove it.");
    }
    if text.starts_with(is_quote) && text.ends_with(is_quote) {
        return Some("The token has quotes around it; remove them.");
    }
    let mut rest = text.chars();
    let is_variable = match rest.next() {
        Some('$') => rest.all(|c| c.is_ascii_alphanumeric() || "_{}()-:".contains(c)),
        Some('%') => text.len() > 1 && text.ends_with('%'),
        Some('<') => text.ends_with('>'),
        _ => false,
    };
    if is_variable || text.contains("${") || text.contains("$(") || text.contains("{{") {
        return Some(
            "The token is the name of a variable or a secret that was not replaced by its value.",
        );
    }
    None
}

/// Why a token is easy to guess, as part of a sentence.
pub fn weakness(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let words: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    if EXAMPLES.iter().any(|example| words.contains(example)) {
        return Some("it is the text of an example");
    }
    let bytes = lower.as_bytes();
    let is_repeated =
        |length: usize| (length..bytes.len()).all(|at| bytes[at] == bytes[at - length]);
    if (1..=bytes.len() / 2).any(is_repeated) {
        return Some("it repeats a short text");
    }
    (surprises(bytes) < MIN_SURPRISES).then_some("it consists of sequences and repetitions")
}

/// Number of characters that are not a repetition, and do not continue a sequence.
fn surprises(bytes: &[u8]) -> usize {
    let is_surprise = |at: &usize| {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let (last, next) = (bytes[before], bytes[*at]);
        let is_repeated = (*at + 1).checked_sub(PART).is_some_and(|start| {
            let part = &bytes[start..=*at];
            bytes[..*at].windows(PART).any(|earlier| earlier == part)
        });
        last.abs_diff(next) > 1 && !are_neighbors(last, next) && !is_repeated
    };
    (0..bytes.len()).filter(is_surprise).count()
}

fn are_neighbors(one: u8, other: u8) -> bool {
    let has_both = |pair: &[u8]| pair == [one, other] || pair == [other, one];
    let mut rows = ROWS.iter();
    rows.any(|row| row.as_bytes().windows(2).any(has_both))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Token;

    #[test]
    fn a_token_that_can_be_guessed_is_refused() {
        for text in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
            "abcdefghijklmnopqrstuvwxyz",
            "0123456789abcdef0123456789abcdef",
            "9876543210987654321098765432",
            "qwertyuiopasdfghjklzxcvbnm",
            "hunter2hunter2hunter2hunter2",
            "Robot-robot-ROBOT-robot-robot",
            "changemechangemechangeme",
            "change-me-please-change-me",
            "CHANGEME_0Xq93Lm52Tz_4711",
            "your-secret-token-goes-here",
            "PasswordPassword12345678",
            "1111111122222222333333334444",
            "abcabcabcabcabcabcabcabcx",
        ] {
            let refused = Token::new(text).expect_err(text);
            assert!(refused.contains("too easy to guess"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_damaged_token_is_refused_with_the_reason() {
        const GOOD: &str = "b7f3Kq0Xz93Lm52TzR81vQ";
        assert!(Token::new(GOOD).is_ok());
        for (text, reason) in [
            (format!("{GOOD}\n"), "line break"),
            (format!(" {GOOD}"), "space"),
            (format!("\"{GOOD}\""), "quotes"),
            (format!("'{GOOD}'"), "quotes"),
            ("$PODSLATE_TOKEN_OF_THIS_POD".to_owned(), "variable"),
            ("${PODSLATE_TOKEN:-9f8e7d6c5b}".to_owned(), "variable"),
            ("$(cat /run/secrets/podslate)".to_owned(), "variable"),
            ("{{ RUNPOD_SECRET_podslate }}".to_owned(), "secret"),
            ("%PODSLATE_TOKEN_OF_THIS_POD%".to_owned(), "variable"),
            ("<the token of this pod, here>".to_owned(), "variable"),
        ] {
            let refused = Token::new(&text).expect_err(&text);
            assert!(refused.contains(reason), "{text:?}: {refused}");
        }
    }

    #[test]
    fn random_tokens_are_accepted() {
        for _ in 0..10_000 {
            let token = Token::random().unwrap();
            for length in [32, 48] {
                assert_eq!(weakness(&token.reveal()[..length]), None);
            }
        }
        for text in [
            "canary-0123456789abcdef0123",
            "c4n4ry-0123456789abcdef0123456789",
            "correct-horse-battery-staple",
            "3d0f6c1e-58a2-4c57-9d6e-0b1f7a2c9e44",
            "a+/=&%Canary7Core0Xq93Lm52Tz\"\\=",
        ] {
            assert_eq!((damage(text), weakness(text)), (None, None), "{text}");
        }
    }
}
