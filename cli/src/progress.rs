//! Progress on standard error: one line that moves on a terminal, plain lines elsewhere. The line
//! disappears when its value is dropped.

use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use podslate_shared::printable;

use crate::output;

/// Stages of an operation that takes some time.
pub struct Stages {
    spinner: ProgressBar,
    stage: String,
}

impl Stages {
    /// A display that shows nothing yet.
    pub fn new() -> Self {
        let spinner = ProgressBar::new_spinner();
        set_style(&spinner, "{spinner} {msg} ({elapsed})");
        let stage = String::new();
        Self { spinner, stage }
    }

    /// Shows the stage that begins; showing the same one again changes nothing.
    pub fn stage(&mut self, text: &str) {
        if self.stage == text {
            return;
        }
        text.clone_into(&mut self.stage);
        if self.spinner.is_hidden() {
            return output::note(text);
        }
        self.spinner.set_message(printable(text).into_owned());
        self.spinner.enable_steady_tick(Duration::from_millis(100));
    }

    /// Prints a line that stays.
    pub fn note(&self, text: &str) {
        self.suspend(|| output::note(text));
    }

    /// Uses the terminal without the moving line.
    pub fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        self.spinner.suspend(work)
    }
}

/// Transfer of a known number of bytes.
#[derive(Debug)]
pub struct Transfer {
    bar: ProgressBar,
}

impl Transfer {
    /// Starts the transfer of `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        let bar = ProgressBar::new(bytes);
        let template = "{wide_bar} {decimal_bytes} of {decimal_total_bytes}, \
                        {decimal_bytes_per_sec}, {eta} left";
        set_style(&bar, template);
        Self { bar }
    }

    /// Adds bytes that were transferred.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Reports a file that was transferred whole.
    pub fn sent(&self, path: &str, bytes: u64) {
        // Where there is a bar, it is enough.
        if self.bar.is_hidden() {
            output::note(&format!("sent {path} ({})", HumanBytes(bytes)));
        }
    }

    pub fn warning(&self, text: &str) {
        self.bar.suspend(|| output::warning(text));
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
