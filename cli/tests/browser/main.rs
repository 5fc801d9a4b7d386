//! The page in a real browser, with the real server and a real folder: each test looks at the page
//! and at the disk.

mod accessible;
mod create;
mod harness;
mod look;
mod outage;
mod overview;
mod pipeline;
#[path = "../support/port.rs"]
mod port;
mod rename;
#[path = "../support/server.rs"]
mod server;
mod session;
