//! The results as a table, for people and for programs.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::line::{Line, Verdict};
use crate::machine::Machine;
use crate::setup::Setup;

/// Titles of the columns.
const COLUMNS: [&str; 7] = [
    "measured", "podslate", "native", "Python", "ratio", "budget", "verdict",
];

/// The results of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The lines of the table.
    pub lines: Vec<Line>,
    machine: Machine,
    version: String,
    date: String,
    rounds: usize,
}

impl Report {
    /// The results of a setup.
    pub fn new(setup: &Setup, lines: Vec<Line>) -> Result<Self> {
        let mut version = std::process::Command::new(&setup.program);
        let version = version.arg("--version").output()?;
        Ok(Self {
            lines,
            machine: Machine::this(&setup.disk),
            version: String::from_utf8_lossy(&version.stdout).trim().to_owned(),
            date: Timestamp::now().strftime("%Y-%m-%d").to_string(),
            rounds: setup.scale.rounds,
        })
    }

    /// The table for a terminal.
    pub fn table(&self) -> String {
        let rows = self.rows();
        let width = |column: usize| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or_default()
        };
        let widths: [usize; 7] = std::array::from_fn(width);
        let mut text = String::new();
        for row in &rows {
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count());
                // Text on the left, numbers on the right.
                text += &match column {
                    0 | 5 | 6 => format!("{cell}{padding}  "),
                    _ => format!("{padding}{cell}  "),
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text + &self.summary()
    }

    /// The table for the document.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (number, row) in self.rows().iter().enumerate() {
            text += &format!("| {} |\n", row.join(" | ").replace("  ", " "));
            if number == 0 {
                text += "| --- | ---: | ---: | ---: | ---: | --- | --- |\n";
            }
        }
        text
    }

    /// The machine and the run, as a sentence.
    pub fn conditions(&self) -> String {
        let Machine {
            processor,
            processors,
            kernel,
            disk,
        } = &self.machine;
        format!(
            "{}, measured on {}: {processor}, {processors} processors, {kernel}, {disk} as the \
             local disk, medians of {} rounds.",
            self.version, self.date, self.rounds
        )
    }

    /// Number of budgets that are met, as a sentence.
    pub fn summary(&self) -> String {
        let count = |verdict| {
            let verdicts = self.lines.iter().map(Line::verdict);
            verdicts.filter(|found| *found == verdict).count()
        };
        format!(
            "Budgets: {} met, {} not met, {} not available.",
            count(Verdict::Met),
            count(Verdict::NotMet),
            count(Verdict::NotAvailable)
        )
    }

    /// The results for programs.
    pub fn json(&self) -> Value {
        json!({
            "version": self.version,
            "date": self.date,
            "processor": self.machine.processor,
            "processors": self.machine.processors,
            "kernel": self.machine.kernel,
            "disk": self.machine.disk,
            "rounds": self.rounds,
            "lines": self.lines.iter().map(Line::json).collect::<Vec<_>>(),
        })
    }

    fn rows(&self) -> Vec<[String; 7]> {
        let titles = COLUMNS.map(str::to_owned);
        let lines = self.lines.iter().map(Line::cells);
        [titles].into_iter().chain(lines).collect()
    }
}
