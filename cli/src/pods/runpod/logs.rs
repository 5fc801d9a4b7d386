//! The end of a pod's log, from a stream that has no end.

use std::time::Duration;

use super::schema::LogLine;

/// Time without a line after which the lines until now are all.
pub const QUIET: Duration = Duration::from_secs(2);
/// Maximum size of what is read, in bytes.
pub const MAX_SIZE: usize = 256 * 1024;

/// The lines in server-sent events; an event that is incomplete is left out.
pub fn lines(events: &str) -> Vec<String> {
    let complete = events
        .rsplit_once('\n')
        .map_or("", |(complete, _)| complete);
    let data = complete
        .lines()
        .filter_map(|line| line.strip_prefix("data:"));
    let line = |json: &str| serde_json::from_str::<LogLine>(json).ok();
    data.filter_map(line).map(|line| line.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_events_are_lines() {
        let events = "id: 1\ndata: {\"source\":\"container\",\"line\":\"one\",\"ts\":\"t\"}\n\n\
                      : a comment\ndata: {}\ndata:{\"line\":\"two\"}\n\ndata: {\"line\":\"thr";
        assert_eq!(lines(events), ["one", "two"]);
        assert!(lines("data: {\"line\":\"one\"}").is_empty());
    }
}
