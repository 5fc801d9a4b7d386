//! What a person sees meanwhile: a bar in a terminal, lines elsewhere.

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::say;

/// The progress of an upload.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins an upload of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let bar = ProgressBar::new(bytes);
        let form = "{wide_bar} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many more bytes have arrived.
    pub fn arrived(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// A file has arrived.
    pub fn sent(&self, path: &str, bytes: u64) {
        // The bar is enough where there is one.
        if self.0.is_hidden() {
            say::note(&format!("sent {path} ({})", HumanBytes(bytes)));
        }
    }

    /// Something has to be said at once.
    pub fn warn(&self, text: &str) {
        self.0.suspend(|| say::note(&format!("warning: {text}")));
    }

    /// There is nothing left to do.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
