//! Progress on standard error: one line that moves on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::output;

/// Stages of an operation that takes some time.
pub struct Stages {
    spinner: Option<ProgressBar>,
    stage: String,
}

impl Stages {
    /// A display that shows nothing yet.
    pub fn new() -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner();
            set_style(&spinner, "{spinner} {msg} ({elapsed})");
            spinner
        });
        Self {
            spinner,
            stage: String::new(),
        }
    }

    /// Shows the stage that begins; showing the same one again changes nothing.
    pub fn stage(&mut self, text: &str) {
        if self.stage == text {
            return;
        }
        text.clone_into(&mut self.stage);
        match &self.spinner {
            Some(spinner) => {
                spinner.set_message(text.to_owned());
                spinner.enable_steady_tick(Duration::from_millis(100));
            }
            None => output::note(text),
        }
    }

    /// Prints a line that stays.
    pub fn note(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| output::note(text)),
            None => output::note(text),
        }
    }

    /// Removes the moving line.
    pub fn clear(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.clear();
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

impl Drop for Transfer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
