//! Skipping a test where the machine cannot run it, on the record.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Write};

/// Names the file that collects the skipped tests of a run, one per line.
const SKIPS_FILE: &str = "PODSLATE_TEST_SKIPS";

/// Records that the test `name` is skipped, and why; the test returns afterwards.
///
/// The line `name<TAB>reason` is appended to the file that `PODSLATE_TEST_SKIPS` names, which
/// `cargo xtask test` lists at its end and does not accept in CI.
///
/// # Panics
/// The file cannot be written: a skip must not go unnoticed.
pub fn skip(name: &str, reason: &str) {
    // The test harness hides what `eprintln!` prints in a test that passes.
    let _ = writeln!(io::stderr(), "skipped: {name}: {reason}");
    if let Some(file) = std::env::var_os(SKIPS_FILE) {
        record(&file, name, reason).expect("the file of skipped tests can be written");
    }
}

/// Appends a line in one write, because test programs run at the same time.
fn record(file: &OsStr, name: &str, reason: &str) -> io::Result<()> {
    let reason = reason.replace(['\n', '\t'], " ");
    let line = format!("{name}\t{reason}\n");
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_skip_is_a_line_of_name_and_reason() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("skips");
        record(file.as_os_str(), "mount", "Docker is missing").expect("a record");
        record(file.as_os_str(), "image", "not\nroot").expect("a record");
        let lines = fs::read_to_string(&file).expect("the file exists");
        assert_eq!(lines, "mount\tDocker is missing\nimage\tnot root\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let home = tempfile::tempdir().expect("a directory");
        assert!(record(home.path().as_os_str(), "mount", "not root").is_err());
    }
}
