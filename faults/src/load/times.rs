//! How long answers took.

use std::time::Duration;

use crate::item::Item;

/// Notes the times in an item; that a hundredth took `most` or longer is a failure.
pub fn judge(mut item: Item, mut times: Vec<Duration>, most: Option<Duration>, more: &str) -> Item {
    times.sort_unstable();
    let p99 = at(&times, 99);
    if let Some(most) = most.filter(|most| p99 >= *most) {
        item = item.fail(&format!(
            "p99 is {} ms, not less than {} ms",
            p99.as_millis(),
            most.as_millis()
        ));
    }
    let [p50, p99, longest] = [50, 99, 100].map(|share| at(&times, share).as_millis());
    let separator = if more.is_empty() { "" } else { ", " };
    item.note(&format!(
        "p50 {p50} ms, p99 {p99} ms, longest {longest} ms{separator}{more}"
    ))
}

/// The time that so many of a hundred are not over.
fn at(sorted: &[Duration], share: usize) -> Duration {
    let index = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_may_be_slow_and_no_more() {
        let times = |slow: u64| -> Vec<Duration> {
            let is_slow = |number| if number < slow { 300 } else { 3 };
            (0..1000)
                .map(|number| Duration::from_millis(is_slow(number)))
                .collect()
        };
        let most = Some(Duration::from_millis(250));
        let mut item = Item::new("x");
        item.count(Ok(true));
        let good = judge(item.clone(), times(10), most, "");
        assert!(good.is_good() && good.to_string().contains("p99 3 ms, longest 300 ms"));
        assert!(!judge(item.clone(), times(11), most, "").is_good());
        assert!(judge(item, times(11), None, "").is_good());
    }
}
