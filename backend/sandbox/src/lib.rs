//! Runs the worker, a WASI program, with access to one folder and nothing else.
//!
//! Each run has a fresh instance that sees the folder as `.`: no network, and no environment or
//! input but what the caller passes. Memory, time and output are limited.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod disk_check;
mod engine;
mod error;
mod group_sync;
pub mod response;
mod run;
mod take_over;
mod worker;

pub use engine::{Limits, Sandbox, precompile};
pub use error::SandboxError;
pub use run::{Output, Run};
pub use worker::Worker;
