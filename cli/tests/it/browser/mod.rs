//! Tests of the page in a real browser with a real server: each checks the page and the disk.

mod accessible;
mod address;
mod answers;
mod bench;
mod create;
mod editing;
mod events;
mod layout;
mod log;
mod look;
mod many;
mod names;
mod outage;
mod overview;
mod pipeline;
mod rename;
mod session;
