//! Long steps: say what is done, show that it lives, keep its output, and help when it fails.
#![allow(
    clippy::print_stderr,
    reason = "telling people about progress is this file's job"
)]

use std::fs::File;
use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::place::Place;

const LINES_SHOWN: usize = 25;

/// Runs `command` as one step with its output in a log file.
///
/// When it fails the last lines of the log are shown and the error ends in `advice`.
pub fn run(place: &Place, title: &str, advice: &str, command: &mut Command) -> Result<()> {
    let log = place.logs.join(format!("{}.log", slug(title)));
    let output = File::create(&log).with_context(|| {
        format!(
            "The log {} cannot be written; check the folder's permissions.",
            log.display()
        )
    })?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    timed(title, || {
        let program = command.get_program().to_string_lossy().into_owned();
        let status = command
            .status()
            .with_context(|| format!("{title} failed: {program} cannot be started. {advice}"))?;
        if !status.success() {
            show_end(&log);
            bail!(
                "{title} failed ({status}); the whole log is {}. {advice}",
                log.display()
            );
        }
        Ok(())
    })
}

/// Runs `work` with a line at its start, a ticking clock on a terminal, and its duration at the end.
pub fn timed<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let terminal = stderr().is_terminal();
    eprint!("==> {title}{}", if terminal { "" } else { "\n" });
    let result = thread::scope(|scope| {
        let (stop, stopped) = channel::<()>();
        if terminal {
            scope.spawn(move || {
                while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout)
                {
                    eprint!("\r==> {title} ({})", seconds(start.elapsed()));
                    let _ = stderr().flush();
                }
            });
        }
        let result = work();
        drop(stop);
        result
    });
    let word = if result.is_ok() {
        "done in"
    } else {
        "failed after"
    };
    let back = if terminal { "\r" } else { "" };
    eprintln!("{back}==> {title}: {word} {}", seconds(start.elapsed()));
    result
}

/// Runs `command` with its output visible, because people and CI read it.
pub fn show(title: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {title}");
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).status().with_context(|| {
        format!(
            "{title} failed: {:?} cannot be started.",
            command.get_program()
        )
    })?;
    if !status.success() {
        bail!(
            "{title} failed ({status}) after {}; what to mend is said above.",
            seconds(start.elapsed())
        );
    }
    eprintln!("==> {title}: done in {}", seconds(start.elapsed()));
    Ok(())
}

/// One line about something that is not a step.
pub fn note(text: &str) {
    eprintln!("==> {text}");
}

/// A duration for people.
pub fn seconds(duration: Duration) -> String {
    if duration >= Duration::from_secs(60) {
        return format!(
            "{} min {} s",
            duration.as_secs() / 60,
            duration.as_secs() % 60
        );
    }
    format!("{:.1} s", duration.as_secs_f32())
}

fn show_end(log: &Path) {
    let text = std::fs::read(log)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    eprintln!();
    for line in &lines[lines.len().saturating_sub(LINES_SHOWN)..] {
        eprintln!("    {line}");
    }
}

fn slug(title: &str) -> String {
    let letters = title.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    letters.take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn a_title_makes_a_file_name() {
        assert_eq!(slug("Build trunk 0.21"), "build-trunk-0-21");
    }
}
