//! Tests of the page in a real browser with a real server: each checks the page and the disk.

mod accessible;
mod bench;
mod create;
mod events;
mod layout;
mod many;
mod outage;
mod overview;
mod pipeline;
mod rename;
mod session;
