//! Runs the worker, a WASI program, with no power but over one folder.
//!
//! Each run gets a fresh instance that sees the folder as `.` and nothing else: no network, no
//! environment, no input unless the caller hands it over. Memory, time and output have limits.

pub mod answer;
pub mod diagnosis;
mod engine;
mod error;
mod run;
mod worker;

pub use engine::{Limits, Sandbox, precompile};
pub use error::SandboxError;
pub use run::{Output, Run};
pub use worker::Worker;
