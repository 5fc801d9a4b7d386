//! Times in the form of the API.

use std::time::SystemTime;

/// RFC 3339 in UTC, to the millisecond; `None` for a time outside of the calendar.
pub fn rfc3339(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    Some(format!("{time:.3}"))
}
