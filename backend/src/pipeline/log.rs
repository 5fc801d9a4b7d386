//! What the command writes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use podslate_shared::api::LogLine;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// So many lines are kept.
const LINES: usize = 500;
/// A longer line is cut, in bytes.
const LINE_LENGTH: usize = 4096;
/// So many lines go to the server's own log in a second; a command that writes more must not drown
/// what else is said there.
const LOGGED: u32 = 200;
/// So many of the lines that were left out are written when the command has ended.
const KEPT: usize = 50;

/// The last lines.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    last: u64,
    logged: Logged,
}

/// How many lines went to the server's log since when.
#[derive(Debug, Default)]
struct Logged {
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
    /// The last lines that were left out: what a command says at its end is why it ended.
    last: VecDeque<(bool, String)>,
}

impl Log {
    /// Takes a line, and passes it on to the server's log.
    pub fn push(&mut self, is_error: bool, text: String) {
        if self.logged.may_log() {
            written(is_error, &text);
        } else {
            self.logged.keep(is_error, &text);
        }
        self.last += 1;
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine {
            number: self.last,
            is_error,
            text,
        });
    }

    /// Writes the last of the lines that were left out to the server's log.
    pub fn flush(&mut self) {
        let kept = std::mem::take(&mut self.logged.last);
        let left_out = self.logged.left_out.saturating_sub(kept.len() as u64);
        self.logged.say(left_out);
        for (is_error, text) in kept {
            written(is_error, &text);
        }
        self.logged.left_out = 0;
    }

    /// The number of the last line.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The kept lines with a number greater than `after`.
    pub fn after(&self, after: u64) -> Vec<LogLine> {
        let lines = self.lines.iter();
        lines.filter(|line| line.number > after).cloned().collect()
    }
}

impl Logged {
    fn may_log(&mut self) -> bool {
        let is_over = self
            .since
            .is_none_or(|since| since.elapsed() > Duration::from_secs(1));
        if is_over {
            self.say(self.left_out);
            *self = Self {
                since: Some(Instant::now()),
                ..Self::default()
            };
        }
        self.lines += 1;
        self.left_out += u64::from(self.lines > LOGGED);
        self.lines <= LOGGED
    }

    fn keep(&mut self, is_error: bool, text: &str) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back((is_error, text.to_owned()));
    }

    fn say(&self, left_out: u64) {
        if left_out > 0 {
            tracing::warn!(target: "pipeline", lines = left_out, "too many lines; some are left out");
        }
    }
}

fn written(is_error: bool, text: &str) {
    let stream = if is_error { "stderr" } else { "stdout" };
    tracing::info!(target: "pipeline", stream, "{text}");
}

/// Takes an output apart into lines, until it is closed.
pub async fn follow(output: impl AsyncRead + Unpin, push: impl Fn(String)) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        let chunk = match output.fill_buf().await {
            Ok(chunk) if !chunk.is_empty() => chunk,
            // A broken pipe ends like a closed one.
            _ => break,
        };
        let (part, has_end) = match chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => (&chunk[..end], true),
            None => (chunk, false),
        };
        let room = LINE_LENGTH.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(has_end);
        output.consume(used);
        // An empty line is also what stands between the two ends of a Windows line.
        if has_end && !line.is_empty() {
            push(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    }
    if !line.is_empty() {
        push(String::from_utf8_lossy(&line).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    async fn lines(bytes: &[u8]) -> Vec<String> {
        let lines = RefCell::new(Vec::new());
        follow(bytes, |text| lines.borrow_mut().push(text)).await;
        lines.into_inner()
    }

    #[tokio::test]
    async fn every_kind_of_line_end_ends_a_line() {
        assert_eq!(
            lines(b"one\r\ntwo\rthree\n\nfour").await,
            ["one", "two", "three", "four"]
        );
        assert_eq!(lines(b"").await, [""; 0]);
        assert_eq!(lines(b"\xff\n").await, ["\u{FFFD}"]);
    }

    #[tokio::test]
    async fn a_long_line_is_cut() {
        let long = [vec![b'a'; 100_000], b"\nb\n".to_vec()].concat();
        let lines = lines(&long).await;
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].len(), lines[1].as_str()), (LINE_LENGTH, "b"));
    }

    #[test]
    fn the_last_lines_are_kept() {
        let mut log = Log::default();
        for number in 0..LINES + 10 {
            log.push(false, number.to_string());
        }
        assert_eq!(log.last(), 510);
        assert_eq!(log.after(0).len(), LINES);
        assert_eq!(log.after(0)[0].text, "10");
        assert_eq!(log.after(509).len(), 1);
    }
}
