//! Tests of the page in a real browser with a real server: each checks the page and the disk.

mod accessible;
mod create;
mod harness;
mod layout;
mod outage;
mod overview;
mod pipeline;
#[path = "../support/port.rs"]
mod port;
mod rename;
#[path = "../support/server.rs"]
mod server;
mod session;
