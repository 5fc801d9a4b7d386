//! Moments, for ages that nobody can set.

use std::time::{Instant, SystemTime};

/// A moment by both clocks: one that people read, and one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub time: SystemTime,
    pub instant: Instant,
}

impl Moment {
    pub fn now() -> Self {
        Self {
            time: SystemTime::now(),
            instant: Instant::now(),
        }
    }
}
