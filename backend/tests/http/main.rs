//! The server over real connections, with a real workspace and the embedded worker.

#![allow(clippy::print_stdout, reason = "a test prints its measurement")]
#![allow(
    clippy::unwrap_used,
    reason = "an unwrap that fails is a test that fails"
)]

mod access;
mod bad_addresses;
mod bad_bodies;
mod bad_names;
mod check;
mod concurrency;
mod connection;
mod contents;
mod create;
mod described;
mod description;
mod details;
mod errors;
mod events;
mod existing;
mod interference;
mod list;
mod malformed;
mod metadata;
mod mount;
mod page;
mod rename;
mod repeats;
mod response;
mod server;
mod sessions;
mod shutdown;
mod slow;
mod slow_volume;
mod unavailable;
