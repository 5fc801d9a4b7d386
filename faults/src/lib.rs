//! Fault suite: kills programs that change a workspace, injects errors into them, races them and
//! cuts their power, and then compares the disk with every promise.
#![forbid(unsafe_code)]

mod actors;
pub mod concurrency;
pub mod environment;
pub mod fixture;
pub mod interference;
pub mod listing;
pub mod load;
pub mod openapi;
mod outcome;
pub mod power;
pub mod program;
pub mod reaper;
mod scenario;
pub mod secrets;
pub mod special;
mod strace;
pub mod suite;
pub mod sweep;

pub use outcome::{Outcome, Skipped};
pub use program::{Kind, Program};
pub use sweep::Sample;
