//! Ports for programs that are started again at the same address.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that systems assign themselves, so that no other program gets the port between
/// two starts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Returns a port that is not in use, a different one at each call.
///
/// # Panics
/// Every port of the range is in use.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Other test programs start elsewhere in the range.
    let start = (std::process::id() % u32::from(COUNT)) as u16;
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = (0..COUNT)
        .map(|_| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(is_free);
    port.expect("a free port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_calls_return_different_ports_that_can_be_bound() {
        // Another program of this machine may take one of them at this moment.
        let can_be_bound = |_| {
            let (one, other) = (free(), free());
            assert_ne!(one, other);
            let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            [one, other].into_iter().all(|port| bind(port).is_ok())
        };
        assert!((0..3).any(can_be_bound));
    }
}
