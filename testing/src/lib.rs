//! Fixtures and helpers that the tests of more than one crate need.

mod dir;
pub mod http;
pub mod port;
mod server;
mod skip;
#[cfg(target_os = "linux")]
mod slow_volume;
mod tree;
pub mod wait;
#[cfg(target_os = "linux")]
mod wine;

pub use dir::memory_dir;
pub use server::Server;
pub use skip::skip;
#[cfg(target_os = "linux")]
pub use slow_volume::{SlowVolume, SlowVolumeOptions, is_mounted};
pub use tree::{Entry, Tree, config_of, names};
pub use wait::{INTERVAL, PATIENCE, wait_for, wait_until};
#[cfg(target_os = "linux")]
pub use wine::{Wine, windows_path};
