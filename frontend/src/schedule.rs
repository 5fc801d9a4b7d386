//! Times of the requests for the list.

use gloo_timers::callback::Timeout;

/// Time from one request to the next that a change causes, in milliseconds.
const MIN_INTERVAL: f64 = 200.0;
/// Times before the first, second, … attempt to reach a server that does not respond, in
/// milliseconds.
const BACKOFF: [u32; 5] = [1_000, 2_000, 3_000, 5_000, 10_000];

/// The request in progress, and the next one.
#[derive(Default)]
pub struct Schedule {
    /// Number of the last request; responses to earlier ones are dropped.
    request: u32,
    is_sent: bool,
    /// Time of the last request, in milliseconds.
    sent: f64,
    /// Whether another request has to follow.
    is_due: bool,
    failures: usize,
    /// The request that a change or a search needs.
    pub next: Option<Timeout>,
    /// The request that is sent because nothing reports changes.
    pub poll: Option<Timeout>,
}

impl Schedule {
    /// Starts a request and returns its number.
    pub fn begin(&mut self, now: f64) -> u32 {
        self.request += 1;
        self.is_sent = true;
        self.sent = now;
        self.is_due = false;
        self.next = None;
        self.poll = None;
        self.request
    }

    /// Ends a request; returns `false` if its response is to be dropped.
    pub fn end(&mut self, request: u32) -> bool {
        let is_last = self.is_sent && request == self.request;
        self.is_sent &= !is_last;
        is_last
    }

    /// Drops the response to the request in progress.
    pub fn cancel(&mut self) {
        self.is_sent = false;
    }

    /// Milliseconds to wait before a request that a change needs; `None` if it follows the one in
    /// progress.
    pub fn wait(&mut self, now: f64) -> Option<u32> {
        if self.is_sent {
            self.is_due = true;
            return None;
        }
        // Negative numbers become 0.
        Some((self.sent + MIN_INTERVAL - now).min(MIN_INTERVAL) as u32)
    }

    /// Whether another request has to follow the last one.
    pub fn is_due(&self) -> bool {
        self.is_due
    }

    /// Counts a failure, or that there is none.
    pub fn record(&mut self, is_failure: bool) {
        self.failures = if is_failure { self.failures + 1 } else { 0 };
    }

    /// Milliseconds to wait after failures; `None` if there are none.
    pub fn backoff(&self) -> Option<u32> {
        let last = self.failures.min(BACKOFF.len()).checked_sub(1)?;
        Some(BACKOFF[last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_send_one_request_at_a_time_and_few_per_second() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.wait(10_000.0), Some(0));
        let request = schedule.begin(10_000.0);
        assert_eq!(schedule.wait(10_050.0), None);
        assert!(schedule.end(request) && schedule.is_due());
        assert_eq!(schedule.wait(10_060.0), Some(140));
        assert_eq!(schedule.wait(9_000.0), Some(200), "the clock was set back");
    }

    #[test]
    fn responses_to_earlier_requests_are_dropped() {
        let mut schedule = Schedule::default();
        let first = schedule.begin(0.0);
        let second = schedule.begin(1.0);
        assert!(!schedule.end(first));
        assert!(schedule.end(second));
        let third = schedule.begin(2.0);
        schedule.cancel();
        assert!(!schedule.end(third));
    }

    #[test]
    fn attempts_become_rarer() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.backoff(), None);
        for expected in [1_000, 2_000, 3_000, 5_000, 10_000, 10_000] {
            schedule.record(true);
            assert_eq!(schedule.backoff(), Some(expected));
        }
        schedule.record(false);
        assert_eq!(schedule.backoff(), None);
    }
}
