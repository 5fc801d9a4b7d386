//! The command's output: the last lines, and a limited copy in the server's log.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use podslate_shared::api::LogLine;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Maximum number of kept lines.
const MAX_LINES: usize = 500;
/// Maximum length of a line, in bytes; longer ones are cut.
const MAX_LINE_LENGTH: usize = 4096;
/// Maximum number of lines per second in the server's log, so that a chatty command does not drown
/// everything else there.
const MAX_LOGGED: u32 = 200;
/// Maximum number of skipped lines that are logged when the command has ended.
const MAX_SKIPPED: usize = 50;

/// The last lines.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    last: u64,
    limiter: Limiter,
}

/// Limits the lines per second in the server's log.
#[derive(Debug, Default)]
struct Limiter {
    /// Start of the current second.
    since: Option<Instant>,
    lines: u32,
    skipped: u64,
    /// The last skipped lines: the last output of a command says why it ended.
    last: VecDeque<(bool, String)>,
}

impl Log {
    /// Adds a line and copies it to the server's log.
    pub fn push(&mut self, is_error: bool, text: String) {
        self.limiter.log(is_error, &text);
        self.last += 1;
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine {
            number: self.last,
            is_error,
            text,
        });
    }

    /// Writes the last skipped lines to the server's log.
    pub fn flush(&mut self) {
        let last = std::mem::take(&mut self.limiter.last);
        warn_skipped(self.limiter.skipped.saturating_sub(last.len() as u64));
        for (is_error, text) in last {
            write(is_error, &text);
        }
        self.limiter.skipped = 0;
    }

    /// Number of the last line.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Kept lines with a number greater than `after`.
    pub fn after(&self, after: u64) -> Vec<LogLine> {
        let lines = self.lines.iter();
        lines.filter(|line| line.number > after).cloned().collect()
    }
}

impl Limiter {
    fn log(&mut self, is_error: bool, text: &str) {
        let since = self.since;
        if since.is_none_or(|since| since.elapsed() > Duration::from_secs(1)) {
            warn_skipped(self.skipped);
            *self = Self {
                since: Some(Instant::now()),
                ..Self::default()
            };
        }
        self.lines += 1;
        if self.lines <= MAX_LOGGED {
            return write(is_error, text);
        }
        self.skipped += 1;
        if self.last.len() == MAX_SKIPPED {
            self.last.pop_front();
        }
        self.last.push_back((is_error, text.to_owned()));
    }
}

fn warn_skipped(lines: u64) {
    if lines > 0 {
        tracing::warn!(target: "pipeline", lines, "skipped lines, the pipeline wrote too many");
    }
}

fn write(is_error: bool, text: &str) {
    let stream = if is_error { "stderr" } else { "stdout" };
    tracing::info!(target: "pipeline", stream, "{text}");
}

/// Splits an output into lines until it is closed.
pub async fn follow(output: impl AsyncRead + Unpin, push: impl Fn(String)) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        // A broken pipe counts as closed.
        let chunk = output.fill_buf().await.unwrap_or_default();
        let is_closed = chunk.is_empty();
        let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let part = &chunk[..end.unwrap_or(chunk.len())];
        let max = MAX_LINE_LENGTH.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(max)]);
        let used = part.len() + usize::from(end.is_some());
        output.consume(used);
        // Windows line endings leave an empty line between their two characters.
        if (end.is_some() || is_closed) && !line.is_empty() {
            push(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
        if is_closed {
            return;
        }
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
    async fn every_line_ending_ends_a_line() {
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
        assert_eq!((lines[0].len(), lines[1].as_str()), (MAX_LINE_LENGTH, "b"));
    }

    #[test]
    fn the_last_lines_are_kept() {
        let mut log = Log::default();
        for number in 0..MAX_LINES + 10 {
            log.push(false, number.to_string());
        }
        assert_eq!(log.last(), 510);
        assert_eq!(log.after(0).len(), MAX_LINES);
        assert_eq!(log.after(0)[0].text, "10");
        assert_eq!(log.after(509).len(), 1);
    }
}
