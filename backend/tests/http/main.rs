//! The server over real connections, with a real workspace and the embedded worker.

#![allow(
    clippy::print_stdout,
    reason = "tests say what they measured and why they are skipped"
)]

mod access;
mod answer;
mod bad_addresses;
mod bad_bodies;
mod bad_names;
mod check;
mod create;
mod crowd;
mod description;
mod details;
mod hostile;
mod list;
mod outside;
mod page;
mod raw;
mod rename;
mod server;
mod sessions;
mod shutdown;
mod slow;
#[path = "../../../worker/tests/cases/tree.rs"]
#[allow(dead_code, reason = "the worker's tests use the rest")]
mod tree;
mod trouble;
