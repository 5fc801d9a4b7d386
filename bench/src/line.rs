//! A line of the table: what was measured, of whom, and whether the budget is met.

use std::fmt;

use serde_json::{Value, json};

use crate::samples::Samples;

/// Unit of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Millis,
    /// Requests, operations or bytes per second, whichever the title says.
    PerSecond,
    /// Bytes.
    Bytes,
    /// Megabytes.
    Megabytes,
    /// A number.
    Count,
}

impl Unit {
    /// A value with its unit.
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Millis if value >= 1000.0 => format!("{} s", digits(value / 1000.0)),
            Self::Millis => format!("{} ms", digits(value)),
            Self::PerSecond => format!("{}/s", digits(value)),
            Self::Bytes => format!("{} bytes", grouped(value)),
            Self::Megabytes => format!("{} MB", digits(value)),
            Self::Count => grouped(value),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Millis => "ms",
            Self::PerSecond => "1/s",
            Self::Bytes => "bytes",
            Self::Megabytes => "MB",
            Self::Count => "1",
        }
    }
}

/// Three significant digits.
fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => grouped(value),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a line has to satisfy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// podslate's value is at most this.
    AtMost(f64),
    /// The ratio is at most this.
    RatioAtMost(f64),
    /// The ratio is at least this.
    RatioAtLeast(f64),
}

/// podslate's value as a multiple of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// The multiple; `None` if one of them was not measured.
    pub value: Option<f64>,
    /// The other one.
    pub of: String,
}

/// Whether the budget of a line is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// This build or machine lacks what is measured.
    NotAvailable,
    /// There is none.
    None,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotAvailable => "not available",
            Self::None => "",
        })
    }
}

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name of the row that it belongs to.
    pub row: &'static str,
    /// What is measured.
    pub title: String,
    /// Unit of the values.
    pub unit: Unit,
    /// Values of podslate.
    pub podslate: Samples,
    /// Values of a program that makes the same system calls and does nothing else.
    pub native: Samples,
    /// Values of the script or service in Python.
    pub python: Samples,
    /// The ratio that matters.
    pub ratio: Option<Ratio>,
    /// What has to be satisfied.
    pub budget: Option<Budget>,
    /// Why the line could not be measured.
    pub missing: Option<String>,
}

impl Line {
    /// A line without values.
    pub fn new(title: impl Into<String>, unit: Unit) -> Self {
        Self {
            row: "",
            title: title.into(),
            unit,
            podslate: Samples::default(),
            native: Samples::default(),
            python: Samples::default(),
            ratio: None,
            budget: None,
            missing: None,
        }
    }

    /// With another title.
    pub fn titled(self, title: impl Into<String>) -> Self {
        let title = title.into();
        Self { title, ..self }
    }

    /// That could not be measured, and why.
    pub fn missing(self, reason: impl Into<String>) -> Self {
        let missing = Some(reason.into());
        Self { missing, ..self }
    }

    /// With values of podslate.
    pub fn podslate(self, podslate: &Samples) -> Self {
        let podslate = podslate.clone();
        Self { podslate, ..self }
    }

    /// With one value of podslate.
    pub fn value(self, value: f64) -> Self {
        self.podslate(&Samples(vec![value]))
    }

    /// With values of the native program.
    pub fn native(self, native: &Samples) -> Self {
        let native = native.clone();
        Self { native, ..self }
    }

    /// With values of Python.
    pub fn python(self, python: &Samples) -> Self {
        let python = python.clone();
        Self { python, ..self }
    }

    /// With the ratio of podslate's values to others, which were taken in the same rounds.
    pub fn ratio(self, other: &Samples, of: impl Into<String>) -> Self {
        let (value, of) = (self.podslate.ratio_to(other), of.into());
        let ratio = Some(Ratio { value, of });
        Self { ratio, ..self }
    }

    /// With the ratio of podslate's speed to that of Python.
    pub fn against_python(self) -> Self {
        let python = self.python.clone();
        self.ratio(&python, "Python")
    }

    /// With the ratio of podslate's values to those of the native program.
    pub fn against_native(self) -> Self {
        let native = self.native.clone();
        self.ratio(&native, "native")
    }

    /// With a budget.
    pub fn budget(self, budget: Budget) -> Self {
        let budget = Some(budget);
        Self { budget, ..self }
    }

    /// Whether the budget is met.
    pub fn verdict(&self) -> Verdict {
        let ratio = self.ratio.as_ref().and_then(|ratio| ratio.value);
        let is_met = match self.budget {
            _ if self.missing.is_some() => None,
            None => return Verdict::None,
            Some(Budget::AtMost(limit)) => self.podslate.median().map(|value| value <= limit),
            Some(Budget::RatioAtMost(limit)) => ratio.map(|ratio| ratio <= limit),
            Some(Budget::RatioAtLeast(limit)) => ratio.map(|ratio| ratio >= limit),
        };
        is_met.map_or(Verdict::NotAvailable, |is_met| match is_met {
            true => Verdict::Met,
            false => Verdict::NotMet,
        })
    }

    /// The cells of the table, from the title to the verdict.
    pub fn cells(&self) -> [String; 7] {
        let median = |samples: &Samples| {
            let median = samples.median();
            median.map_or("-".to_owned(), |median| self.unit.format(median))
        };
        let of = self.ratio.as_ref().map_or("", |ratio| &ratio.of);
        let times = |value: f64| format!("{} × {of}", digits(value));
        let ratio = self.ratio.as_ref().and_then(|ratio| ratio.value);
        let budget = match self.budget {
            None => String::new(),
            Some(Budget::AtMost(limit)) => format!("≤ {}", self.unit.format(limit)),
            Some(Budget::RatioAtMost(limit)) => format!("≤ {limit} × {of}"),
            Some(Budget::RatioAtLeast(limit)) => format!("≥ {limit} × {of}"),
        };
        let verdict = match &self.missing {
            Some(reason) => format!("not available: {reason}"),
            None => self.verdict().to_string(),
        };
        [
            self.title.clone(),
            median(&self.podslate),
            median(&self.native),
            median(&self.python),
            ratio.map(times).unwrap_or_default(),
            budget,
            verdict,
        ]
    }

    /// The line for programs.
    pub fn json(&self) -> Value {
        let cells = self.cells();
        json!({
            "row": self.row,
            "title": self.title,
            "unit": self.unit.name(),
            "podslate": self.podslate.0,
            "native": self.native.0,
            "python": self.python.0,
            "ratio": self.ratio.as_ref().and_then(|ratio| ratio.value),
            "budget": cells[5],
            "verdict": cells[6],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_digits_and_a_unit() {
        for (unit, value, text) in [
            (Unit::Millis, 0.1234, "0.123 ms"),
            (Unit::Millis, 12.34, "12.3 ms"),
            (Unit::Millis, 1234.0, "1.23 s"),
            (Unit::PerSecond, 123_456.7, "123,457/s"),
            (Unit::PerSecond, 0.0, "0/s"),
            (Unit::Bytes, 107_123.0, "107,123 bytes"),
            (Unit::Megabytes, 99.94, "99.9 MB"),
        ] {
            assert_eq!(unit.format(value), text);
        }
    }

    #[test]
    fn a_budget_is_met_by_the_value_or_by_the_ratio() {
        let line = || Line::new("", Unit::Millis).value(10.0);
        let python = Samples(vec![4.0]);
        let ratio = || line().python(&python).against_python();
        for (line, expected) in [
            (line(), Verdict::None),
            (line().budget(Budget::AtMost(10.0)), Verdict::Met),
            (line().budget(Budget::AtMost(9.9)), Verdict::NotMet),
            (ratio().budget(Budget::RatioAtLeast(2.5)), Verdict::Met),
            (ratio().budget(Budget::RatioAtLeast(2.6)), Verdict::NotMet),
            (ratio().budget(Budget::RatioAtMost(2.5)), Verdict::Met),
            (ratio().budget(Budget::RatioAtMost(2.4)), Verdict::NotMet),
            (
                line().budget(Budget::RatioAtMost(1.0)),
                Verdict::NotAvailable,
            ),
            (line().missing("404"), Verdict::NotAvailable),
        ] {
            assert_eq!(line.verdict(), expected, "{:?}", line.cells());
        }
    }
}
