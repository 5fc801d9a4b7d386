//! What may never happen, whatever comes in: one check for each place where bytes from outside do.
//!
//! A check panics when it did happen. `cargo xtask fuzz` looks for such bytes with libFuzzer, and
//! the tests run every input in `corpus` through its check.
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
