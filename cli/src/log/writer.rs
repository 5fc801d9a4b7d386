//! Writes the lines of the log in a thread of its own, because standard error may block for as long
//! as it likes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread;
use std::time::{Duration, Instant};

use podslate_shared::printable_json;

/// Maximum number of lines that wait to be written; more are dropped.
const MAX_WAITING: usize = 1024;
/// Interval between reports of lines that were left out.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// Time to wait until all lines are written.
const FLUSH_TIME: Duration = Duration::from_millis(300);
const FLUSH_INTERVAL: Duration = Duration::from_millis(5);

/// Sends lines to the thread that writes them.
#[derive(Clone, Debug)]
pub struct Writer {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    is_json: bool,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    Panic {
        location: String,
        thread: String,
    },
    /// Dropped when all lines before are written.
    Flush(#[expect(dead_code, reason = "its end is the message")] SyncSender<()>),
}

impl Writer {
    /// Starts the thread, which calls `report` now and then.
    pub fn start(is_json: bool, report: impl Fn() + Send + 'static) -> Self {
        Self::start_to(io::stderr(), is_json, report)
    }

    fn start_to(
        output: impl Write + Send + 'static,
        is_json: bool,
        report: impl Fn() + Send + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::sync_channel(MAX_WAITING);
        let lost = Arc::<AtomicU64>::default();
        let shared = Arc::clone(&lost);
        let name = thread::Builder::new().name("log".to_owned());
        // Without a thread there is no log, but a server.
        let _ = name.spawn(move || write_lines(&receiver, output, &shared, report));
        Self {
            sender,
            lost,
            is_json,
        }
    }

    /// Has the thread log a panic.
    pub fn panicked(&self, location: &str, thread: &str) {
        let (location, thread) = (location.to_owned(), thread.to_owned());
        self.send(Message::Panic { location, thread });
    }

    fn send(&self, message: Message) {
        if self.sender.try_send(message).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until the lines so far are written, but not long.
    pub fn flush(&self) {
        let (sender, done) = mpsc::sync_channel(0);
        let end = Instant::now() + FLUSH_TIME;
        let mut message = Message::Flush(sender);
        while let Err(TrySendError::Full(unsent)) = self.sender.try_send(message) {
            if Instant::now() > end {
                return;
            }
            message = unsent;
            thread::sleep(FLUSH_INTERVAL);
        }
        let _ = done.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\n');
        let mut text = match self.is_json {
            true => printable_json(text).into_owned(),
            false => text.to_owned(),
        };
        text.push('\n');
        self.send(Message::Line(text.into()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_lines(
    messages: &Receiver<Message>,
    mut output: impl Write,
    lost: &AtomicU64,
    report: impl Fn(),
) {
    let mut reported = Instant::now();
    let mut is_broken = false;
    loop {
        match messages.recv_timeout(REPORT_INTERVAL) {
            Ok(Message::Line(line)) => {
                // A part of a line may have been written.
                let start: &[u8] = if is_broken { b"\n" } else { b"" };
                let written = output.write_all(&[start, &line].concat());
                is_broken = written.is_err();
                if is_broken {
                    lost.fetch_add(1, Ordering::Relaxed);
                } else if lost.load(Ordering::Relaxed) > 0 {
                    let lines = lost.swap(0, Ordering::Relaxed);
                    tracing::warn!(lines, "lines of the log could not be written");
                }
            }
            Ok(Message::Panic { location, thread }) => {
                tracing::error!(%location, thread, "panic");
            }
            Ok(Message::Flush(_)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if reported.elapsed() >= REPORT_INTERVAL {
            report();
            reported = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Output {
        text: Arc<Mutex<Vec<u8>>>,
        is_full: Arc<Mutex<bool>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if *self.is_full.lock().unwrap() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.text.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_again_once_there_is_space() {
        let output = Output::default();
        let mut writer = Writer::start_to(output.clone(), false, || ());
        let mut line = |text: &str, is_full: bool| {
            *output.is_full.lock().unwrap() = is_full;
            writer.write_all(text.as_bytes()).unwrap();
            Writer::flush(&writer);
        };
        line("one\n", false);
        line("two\n", true);
        line("three\n", false);
        let text = String::from_utf8(output.text.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "one\n\nthree\n");
    }

    #[test]
    fn an_output_that_blocks_delays_nobody() {
        let output = Output::default();
        let guard = output.is_full.lock().unwrap();
        let mut writer = Writer::start_to(output.clone(), false, || ());
        let start = Instant::now();
        for _ in 0..MAX_WAITING + 100 {
            writer.write_all(b"line\n").unwrap();
        }
        Writer::flush(&writer);
        assert!(start.elapsed() < FLUSH_TIME * 4, "{:?}", start.elapsed());
        assert!(writer.lost.load(Ordering::Relaxed) >= 99);
        drop(guard);
    }

    #[test]
    fn a_line_for_programs_moves_no_terminal() {
        let output = Output::default();
        let mut writer = Writer::start_to(output.clone(), true, || ());
        writer
            .write_all("{\"a\":\"\u{9b}\u{202e}\"}\n".as_bytes())
            .unwrap();
        Writer::flush(&writer);
        let text = String::from_utf8(output.text.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "{\"a\":\"\\u009b\\u202e\"}\n");
    }
}
