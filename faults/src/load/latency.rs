//! Time that responses take.

use std::time::Duration;

use crate::outcome::Outcome;

/// Notes the times in an outcome, followed by `more`. A 99th percentile of `limit` or longer is a
/// failure.
pub fn judge(outcome: &mut Outcome, mut times: Vec<Duration>, limit: Option<Duration>, more: &str) {
    times.sort_unstable();
    let [p50, p99, max] = [50, 99, 100].map(|share| percentile(&times, share).as_millis());
    if let Some(limit) = limit.filter(|limit| p99 >= limit.as_millis()) {
        outcome.expect(
            false,
            format_args!("p99 is {p99} ms, not less than {limit:?}"),
        );
    }
    outcome.note(format!(
        "p50 {p50} ms, p99 {p99} ms, longest {max} ms{more}"
    ));
}

/// The time that `share` of a hundred times do not exceed.
fn percentile(sorted: &[Duration], share: usize) -> Duration {
    let index = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_be_slow_and_no_more() {
        let judged = |slow: usize, limit: Option<u64>| {
            let mut times = vec![Duration::from_millis(3); 1000];
            times[..slow].fill(Duration::from_millis(300));
            Outcome::of("x", |outcome| {
                outcome.count(Ok(()));
                judge(outcome, times, limit.map(Duration::from_millis), "");
                Ok(())
            })
        };
        let good = judged(10, Some(250));
        assert!(good.is_good() && good.to_string().contains("p99 3 ms, longest 300 ms"));
        assert!(!judged(11, Some(250)).is_good());
        assert!(judged(11, None).is_good());
    }
}
