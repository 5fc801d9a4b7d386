//! The lines by which a running volume is controlled.

use std::time::Duration;

use fuser::Errno;

use crate::control::Control;

/// The errors that an operation can be asked to fail with.
const ERRORS: [(&str, Errno); 9] = [
    ("EACCES", Errno::EACCES),
    ("EDQUOT", Errno::EDQUOT),
    ("EIO", Errno::EIO),
    ("ENOENT", Errno::ENOENT),
    ("ENOSPC", Errno::ENOSPC),
    ("ENOTCONN", Errno::ENOTCONN),
    ("EROFS", Errno::EROFS),
    ("ESTALE", Errno::ESTALE),
    ("ETIMEDOUT", Errno::ETIMEDOUT),
];

/// Obeys a line, and returns the line that answers it.
///
/// | line | effect | answer |
/// | --- | --- | --- |
/// | `latency 1ms` | each operation takes that much longer | `ok` |
/// | `hang` | all operations wait | `ok` |
/// | `release` | they go on | `ok` |
/// | `fail EIO` | all operations fail | `ok` |
/// | `ok` | they no longer fail | `ok` |
/// | `count` | none | `count 3 lookup 2 mkdir 1`: the total, then each kind |
///
/// The answer to anything else starts with `error`.
pub fn answer(control: &Control, line: &str) -> String {
    let (verb, argument) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    match (verb, argument) {
        ("latency", text) => match duration(text) {
            Some(latency) => control.set_latency(latency),
            None => return format!("error: `{text}` is not a duration such as `1ms`"),
        },
        ("hang", "") => control.set_hanging(true),
        ("release", "") => control.set_hanging(false),
        ("fail", name) => match ERRORS.iter().find(|(known, _)| *known == name) {
            Some((_, error)) => control.set_failure(Some(*error)),
            None => return format!("error: `{name}` is not one of {}", names()),
        },
        ("ok", "") => control.set_failure(None),
        ("count", "") => {
            let total = control.operations();
            return format!("count {total} {control}").trim_end().to_owned();
        }
        _ => return format!("error: `{line}` is not a command"),
    }
    "ok".to_owned()
}

fn names() -> String {
    ERRORS.map(|(name, _)| name).join(", ")
}

/// Parses a duration in microseconds, milliseconds or seconds, for example `1ms`.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration("250us"), Some(Duration::from_micros(250)));
        assert_eq!(duration("1ms"), Some(Duration::from_millis(1)));
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        for wrong in ["", "1", "ms", "-1ms", "1.5ms", "1h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_line_has_an_answer() {
        let control = Control::new(Duration::ZERO);
        for line in ["latency 1ms", "hang", "release", "fail EIO\n", "ok"] {
            assert_eq!(answer(&control, line), "ok", "{line}");
        }
        assert_eq!(answer(&control, "count"), "count 0");
        for wrong in ["", "hang on", "fail", "fail EVERYTHING", "latency x"] {
            assert!(answer(&control, wrong).starts_with("error: "), "{wrong}");
        }
    }
}
