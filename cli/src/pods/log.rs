//! Logs of pods: their last lines, without tokens.

use crate::secret::Secret;
use crate::text;

/// Number of lines of a log or an error that are part of a sentence.
pub const TAIL: usize = 5;

/// The last lines of a text, as the end of a sentence and without tokens.
pub fn tail(text: &str, token: Option<&Secret>) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.collect();
    let tail = lines[lines.len().saturating_sub(TAIL)..].join(" / ");
    text::clause(&without_tokens(&tail, token))
}

/// A log without the pod's token, and without one that a server creates and prints in its address.
pub fn without_tokens(log: &str, token: Option<&Secret>) -> String {
    let log = hide_link_tokens(log);
    match token {
        Some(token) => token.hide_in(&log),
        None => log,
    }
}

fn hide_link_tokens(text: &str) -> String {
    const MARK: &str = "#token=";
    let mut parts = text.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |hidden, part| {
        let rest = part.trim_start_matches(|character: char| character.is_ascii_alphanumeric());
        hidden + MARK + "[hidden]" + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_created_token_is_not_in_the_tail_of_a_log() {
        assert_eq!(
            tail("at http://h/#token=abc123\n\nok #token=ff\n", None),
            "at http://h/#token=[hidden] / ok #token=[hidden]"
        );
    }
}
