//! Outcome of one check: how many faults were injected and how many of them were survived.

use std::fmt;

use anyhow::{Error, Result, anyhow};

/// Maximum number of failures that are shown.
const MAX_FAILURES: usize = 5;
/// Maximum length of a shown failure, in characters.
const MAX_LENGTH: usize = 600;

/// Reason why this machine cannot run a check. As its error, it makes the check skipped, not failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Skipped(pub String);

/// Outcome of a check.
#[derive(Debug)]
pub struct Outcome {
    name: String,
    tried: usize,
    failures: Vec<String>,
    skipped: Option<String>,
    note: String,
}

impl Outcome {
    /// Runs a check, which counts its faults. An error ends it: a [`Skipped`] skips it, any other
    /// is one more failure.
    pub fn of(name: impl Into<String>, check: impl FnOnce(&mut Self) -> Result<()>) -> Self {
        let mut outcome = Self {
            name: name.into(),
            tried: 0,
            failures: Vec::new(),
            skipped: None,
            note: String::new(),
        };
        match check(&mut outcome).map_err(Error::downcast::<Skipped>) {
            Ok(()) => {}
            Err(Ok(Skipped(reason))) => outcome.skipped = Some(reason),
            Err(Err(failure)) => outcome.count(Err(failure)),
        }
        outcome
    }

    /// Counts a fault, which was survived unless `result` is an error.
    pub fn count(&mut self, result: Result<()>) {
        self.tried += 1;
        let failure = result.err().map(|failure| format!("{failure:#}"));
        self.failures.extend(failure);
    }

    /// Counts a fault, which was survived if `is_survived`.
    pub fn expect(&mut self, is_survived: bool, failure: impl fmt::Display) {
        let survived = is_survived.then_some(());
        self.count(survived.ok_or_else(|| anyhow!("{failure}")));
    }

    /// Sets the remark at the end of the line.
    pub fn note(&mut self, note: impl Into<String>) {
        self.note = note.into();
    }

    /// Name of the check.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of faults.
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// Whether nothing failed, and something was tried unless the check was skipped.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && (self.tried > 0 || self.skipped.is_some())
    }

    /// Reason why the check was skipped, if it was.
    pub fn skipped(&self) -> Option<&str> {
        self.skipped.as_deref()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44}", self.name)?;
        if let Some(reason) = &self.skipped {
            write!(f, "skipped: {reason}")?;
        } else {
            let survived = self.tried - self.failures.len();
            write!(f, "{:>6} tried {survived:>6} survived", self.tried)?;
        }
        if !self.note.is_empty() {
            write!(f, "  ({})", self.note)?;
        }
        for failure in self.failures.iter().take(MAX_FAILURES) {
            write!(f, "\n    {:.MAX_LENGTH$}", failure.replace('\n', " "))?;
        }
        match self.failures.len().saturating_sub(MAX_FAILURES) {
            0 => Ok(()),
            more => write!(f, "\n    and {more} more"),
        }
    }
}
