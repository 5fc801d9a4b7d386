//! Invariants of everything that reads foreign bytes: one check per reader.
//!
//! A check panics when its invariant is violated. `cargo xtask fuzz` searches for such bytes with
//! libFuzzer, and the tests run every input in `corpus` through its check.
#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod config;
mod http;
mod members;
mod name;

pub use answer::answer;
pub use arguments::arguments;
pub use config::config;
pub use http::http;
pub use name::name;
