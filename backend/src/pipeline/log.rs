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

/// Bytes of output per second that are read; a command that writes more has to wait.
const RATE: f64 = (16 << 20) as f64;
/// What may be read at once after a silence.
const BURST: Duration = Duration::from_secs(1);
/// Bytes that a line costs in addition to its own.
const LINE_COST: usize = 64;
/// Least time between two states of a line that replaces itself.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// The last lines.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    last: u64,
    /// Number of the line of each output that the next one replaces.
    replaced: [Option<u64>; 2],
    limiter: Limiter,
}

/// A part of an output.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// A line that is complete.
    Line(String),
    /// A line that the next one replaces.
    Progress(String),
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
    /// Adds a line, in the place of the one that it replaces, and copies it to the server's log
    /// when it is complete.
    pub fn push(&mut self, is_error: bool, part: Part) {
        let replaced = &mut self.replaced[usize::from(is_error)];
        let replaces = replaced.take();
        self.last += 1;
        let text = match part {
            Part::Line(text) => {
                self.limiter.log(is_error, &text);
                text
            }
            Part::Progress(text) => {
                *replaced = Some(self.last);
                text
            }
        };
        if let Some(number) = replaces {
            self.lines.retain(|line| line.number != number);
        }
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine {
            number: self.last,
            is_error,
            text,
            replaces,
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
pub async fn follow(output: impl AsyncRead + Unpin, push: impl Fn(Vec<Part>)) {
    let mut output = BufReader::new(output);
    let mut lines = Lines::default();
    let mut paid = Instant::now()
        .checked_sub(BURST)
        .unwrap_or_else(Instant::now);
    loop {
        // A broken pipe counts as closed.
        let chunk = output.fill_buf().await.unwrap_or_default();
        let (size, is_closed) = (chunk.len(), chunk.is_empty());
        let mut parts = lines.split(chunk);
        output.consume(size);
        if is_closed {
            parts.extend(lines.end());
        }
        let cost = size + lines.count(&parts) * LINE_COST;
        if !parts.is_empty() {
            push(parts);
        }
        if is_closed {
            return;
        }
        let now = Instant::now();
        let start = now.checked_sub(BURST).map_or(paid, |start| paid.max(start));
        paid = start + Duration::from_secs_f64(cost as f64 / RATE);
        if paid > now {
            tokio::time::sleep(paid - now).await;
        }
    }
}

/// Lines of one output.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    /// What a carriage return has ended, and the next part replaces.
    replaced: Option<Vec<u8>>,
    /// When the last state of a line that replaces itself was shown.
    shown: Option<Instant>,
    ended: usize,
}

impl Lines {
    fn split(&mut self, chunk: &[u8]) -> Vec<Part> {
        let mut parts = Vec::new();
        self.ended = 0;
        for part in chunk.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, end) = match part {
                [text @ .., end @ (b'\n' | b'\r')] => (text, Some(*end)),
                text => (text, None),
            };
            let max = MAX_LINE_LENGTH.saturating_sub(self.line.len());
            self.line.extend_from_slice(&text[..text.len().min(max)]);
            self.ended += usize::from(end.is_some());
            match end {
                Some(b'\n') => parts.extend(self.end()),
                Some(_) if !self.line.is_empty() => {
                    self.replaced = Some(std::mem::take(&mut self.line));
                }
                _ => {}
            }
        }
        let is_due = |shown: Instant| shown.elapsed() >= PROGRESS_INTERVAL;
        if let Some(state) = &self.replaced
            && self.shown.is_none_or(is_due)
        {
            parts.push(Part::Progress(clean(state)));
            self.shown = Some(Instant::now());
        }
        parts
    }

    /// The line that ends here; an empty one is left out.
    fn end(&mut self) -> Option<Part> {
        let line = std::mem::take(&mut self.line);
        let replaced = self.replaced.take();
        self.shown = None;
        let line = Some(line).filter(|line| !line.is_empty()).or(replaced)?;
        Some(Part::Line(clean(&line)))
    }

    /// Number of lines in the last chunk.
    fn count(&self, parts: &[Part]) -> usize {
        self.ended.max(parts.len())
    }
}

/// Text that takes at most [`MAX_LINE_LENGTH`] bytes as JSON.
fn clean(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let shown = |c: &char| !c.is_control() || matches!(c, '\t' | '\u{7}' | '\u{1b}');
    let mut size = 0;
    let fits = |c: &char| {
        size += match c {
            '\u{1b}' => 6,
            '"' | '\\' | '\t' => 2,
            _ => c.len_utf8(),
        };
        size <= MAX_LINE_LENGTH
    };
    text.chars().filter(shown).take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    async fn lines(bytes: &[u8]) -> Vec<String> {
        let lines = RefCell::new(Vec::new());
        follow(bytes, |parts| {
            lines
                .borrow_mut()
                .extend(parts.into_iter().filter_map(|part| match part {
                    Part::Line(text) => Some(text),
                    Part::Progress(_) => None,
                }));
        })
        .await;
        lines.into_inner()
    }

    #[tokio::test]
    async fn every_line_ending_ends_a_line() {
        assert_eq!(
            lines(b"one\r\ntwo\n\nthree\r").await,
            ["one", "two", "three"]
        );
        assert_eq!(lines(b"").await, [""; 0]);
        assert_eq!(lines(b"\xff\n").await, ["\u{FFFD}"]);
    }

    #[tokio::test]
    async fn a_carriage_return_replaces_the_line() {
        assert_eq!(lines(b"1 %\r50 %\r100 %\nend\n").await, ["100 %", "end"]);
        assert_eq!(lines(b"1 %\r\r50 %\r\n").await, ["50 %"]);
        let mut log = Log::default();
        for part in [
            Part::Line("start".to_owned()),
            Part::Progress("1 %".to_owned()),
            Part::Progress("50 %".to_owned()),
            Part::Line("100 %".to_owned()),
            Part::Line("end".to_owned()),
        ] {
            log.push(false, part);
        }
        let lines = log.after(0);
        let lines: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.replaces, line.text.as_str()))
            .collect();
        assert_eq!(
            lines,
            [(1, None, "start"), (4, Some(3), "100 %"), (5, None, "end")]
        );
    }

    #[tokio::test]
    async fn the_log_takes_little_as_json() {
        for bytes in [
            &b"\0"[..],
            b"\x1b",
            b"\xff",
            b"\"",
            b"\x9b",
            "\u{9b}".as_bytes(),
        ] {
            let mut log = Log::default();
            let line = [bytes.repeat(5000), b"\n".to_vec()]
                .concat()
                .repeat(MAX_LINES);
            follow_into(&line, &mut log).await;
            let json = serde_json::to_string(&log.after(0)).unwrap();
            assert!(
                json.len() < MAX_LINES * (MAX_LINE_LENGTH + 100),
                "{}",
                json.len()
            );
        }
        assert_eq!(
            lines(b"\x1b[31mred\x1b[0m\0\x07\ttab\n").await,
            ["\u{1b}[31mred\u{1b}[0m\u{7}\ttab"]
        );
    }

    async fn follow_into(bytes: &[u8], log: &mut Log) {
        let log = RefCell::new(log);
        follow(bytes, |parts| {
            parts
                .into_iter()
                .for_each(|part| log.borrow_mut().push(false, part));
        })
        .await;
    }

    #[tokio::test]
    async fn a_flood_is_read_at_a_limited_rate() {
        let flood = b"y\n".repeat(1 << 19);
        let cost = flood.len() + (LINE_COST << 19);
        let start = Instant::now();
        assert_eq!(lines(&flood).await.len(), 1 << 19);
        let least = Duration::from_secs_f64(cost as f64 / RATE) - BURST;
        assert!(start.elapsed() >= least, "{:?}", start.elapsed());
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
            log.push(false, Part::Line(number.to_string()));
        }
        assert_eq!(log.last(), 510);
        assert_eq!(log.after(0).len(), MAX_LINES);
        assert_eq!(log.after(0)[0].text, "10");
        assert_eq!(log.after(509).len(), 1);
    }
}
