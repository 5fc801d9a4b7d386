//! Waiting for a condition with a deadline.

use std::time::{Duration, Instant};

/// Time after which a test that waits fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Interval between checks of a condition.
pub const INTERVAL: Duration = Duration::from_millis(10);

/// Polls until `poll` returns a value; `None` if it has none after `limit`.
#[must_use = "the condition may not hold"]
pub fn wait_for<T>(limit: Duration, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let value = poll();
        if value.is_some() || start.elapsed() > limit {
            return value;
        }
        std::thread::sleep(INTERVAL);
    }
}

/// Polls until `condition` holds; `false` if it does not after `limit`.
#[must_use = "the condition may not hold"]
pub fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_for(limit, || condition().then_some(())).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_comes_later_is_returned() {
        let mut polls = 0;
        let mut third = || {
            polls += 1;
            (polls == 3).then_some("value")
        };
        assert_eq!(wait_for(PATIENCE, &mut third), Some("value"));
        assert_eq!(polls, 3);
    }

    #[test]
    fn waiting_ends_after_the_limit() {
        let start = Instant::now();
        assert!(!wait_until(Duration::from_millis(30), || false));
        assert!(start.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_condition_is_checked_at_least_once() {
        assert!(wait_until(Duration::ZERO, || true));
    }
}
