//! The one judge of a project's configuration: what it says, or why it cannot be used.

mod problem;
mod scan;

use std::ops::Range;

pub use problem::{ConfigProblem, ConfigReason};
use scan::{Scanner, unescape, without_mark};

use crate::layout::CONFIG_NAME_KEY;
use crate::name::ProjectName;

/// Maximum size of a configuration, in bytes. Nobody writes a larger one by hand.
pub const MAX_SIZE: usize = 4 << 20;

/// A configuration that can be used: a JSON object with at most one name, of any depth and with
/// any numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    text: &'a str,
    name: Option<Range<usize>>,
    /// Position after the opening bracket.
    inside: usize,
}

impl<'a> Config<'a> {
    /// Judges the bytes of a configuration.
    ///
    /// # Errors
    /// The first problem.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ConfigProblem> {
        if bytes.len() > MAX_SIZE {
            return Err(ConfigReason::TooLarge.into());
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(ConfigReason::Utf16.into());
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let valid = std::str::from_utf8(valid).unwrap_or_default();
                return Err(problem(valid, valid.len(), ConfigReason::NotUtf8));
            }
        };
        let mut scanner = Scanner::new(text);
        let scanned = scanner.configuration();
        let (name, inside) = scanned.map_err(|(at, reason)| match reason {
            ConfigReason::Empty => reason.into(),
            _ => problem(text, at, reason),
        })?;
        Ok(Self { text, name, inside })
    }

    /// The JSON, without a byte order mark.
    pub fn json(&self) -> &'a str {
        without_mark(self.text)
    }

    /// The name, if it is a text that can be one.
    pub fn name(&self) -> Option<String> {
        let source = self.text.get(self.name.clone()?)?;
        unescape(source.strip_prefix('"')?.strip_suffix('"')?)
    }

    /// The name, if it is a valid project name.
    pub fn project_name(&self) -> Option<ProjectName> {
        ProjectName::parse(&self.name()?).ok()
    }

    /// The same text with another name, and every other byte as it is. A missing name is added
    /// first, in the style of the file.
    pub fn with_name(&self, name: &ProjectName) -> String {
        let span = self.name.clone().unwrap_or(self.inside..self.inside);
        let value = ["\"", name.as_str(), "\""].concat();
        let before = self.text.get(..span.start).unwrap_or_default();
        let rest = self.text.get(span.end..).unwrap_or_default();
        if self.name.is_some() {
            return [before, &value, rest].concat();
        }
        let is_only = rest.trim_start().starts_with('}');
        let has_break = is_only || rest.starts_with(['\n', '\r']);
        let comma = if is_only { "" } else { "," };
        let first = if has_break { "" } else { "\n  " };
        [
            before,
            "\n  \"",
            CONFIG_NAME_KEY,
            "\": ",
            &value,
            comma,
            first,
            rest,
        ]
        .concat()
    }
}

fn problem(text: &str, at: usize, reason: ConfigReason) -> ConfigProblem {
    let before = without_mark(text.get(..at).unwrap_or(text));
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let count = |number: usize| u32::try_from(number).ok().map(|number| number + 1);
    ConfigProblem {
        reason,
        line: count(lines),
        column: count(last.chars().count()),
    }
}
