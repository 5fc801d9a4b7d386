//! What came of one kind of fault.

use std::fmt;

/// At most so many failures of an item are shown.
const SHOWN: usize = 5;
/// At most so many letters of a failure are shown.
const LONGEST: usize = 600;

/// A kind of fault and how many of them were survived.
#[derive(Clone, Debug)]
pub struct Item {
    name: String,
    tried: usize,
    survived: usize,
    failures: Vec<String>,
    skipped: Option<String>,
    note: String,
}

impl Item {
    /// An item of which nothing was tried yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tried: 0,
            survived: 0,
            failures: Vec::new(),
            skipped: None,
            note: String::new(),
        }
    }

    /// Counts one fault: `Ok(false)` is one that did not happen, an error one that was not survived.
    pub fn count(&mut self, result: Result<bool, String>) {
        match result {
            Ok(happened) => {
                self.tried += usize::from(happened);
                self.survived += usize::from(happened);
            }
            Err(failure) => {
                self.tried += 1;
                self.failures.push(failure);
            }
        }
    }

    /// The item if it cannot be run here, and why.
    #[must_use]
    pub fn skip(mut self, reason: &str) -> Self {
        self.skipped = Some(reason.to_owned());
        self
    }

    /// The item if it could not even begin.
    #[must_use]
    pub fn fail(mut self, failure: &str) -> Self {
        self.count(Err(failure.to_owned()));
        self
    }

    /// Adds something worth knowing.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        self.note = note.to_owned();
        self
    }

    /// How many faults were tried.
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// Whether nothing failed, and something was tried unless the item was skipped.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && (self.tried > 0 || self.skipped.is_some())
    }

    /// Whether the item was skipped.
    pub fn is_skipped(&self) -> bool {
        self.skipped.is_some()
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<44}", self.name)?;
        match &self.skipped {
            Some(reason) => write!(f, "skipped: {reason}")?,
            None => write!(f, "{:>6} tried {:>6} survived", self.tried, self.survived)?,
        }
        if !self.note.is_empty() {
            write!(f, "  ({})", self.note)?;
        }
        for failure in self.failures.iter().take(SHOWN) {
            write!(f, "\n    {:.LONGEST$}", failure.replace('\n', " "))?;
        }
        match self.failures.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(f, "\n    and {more} more"),
            _ => Ok(()),
        }
    }
}
