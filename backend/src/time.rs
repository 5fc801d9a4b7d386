//! Times as the API tells them.

use std::time::SystemTime;

/// A time as RFC 3339 in UTC, to the millisecond; `None` for one outside of the calendar.
pub fn rfc3339(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    Some(format!("{time:.3}"))
}
