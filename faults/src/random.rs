//! Numbers that can be drawn again from the same seed.

use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of the kind xorshift.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A seed that nobody drew before.
    pub fn seed() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(1, |since| {
            since.as_secs() * 1000 + u64::from(since.subsec_millis())
        })
    }

    /// The generator for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number from 0 on and less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}
