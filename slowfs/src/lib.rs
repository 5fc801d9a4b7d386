//! A slow volume for tests: a FUSE file system that passes everything on to a directory, later.
//!
//! Each operation waits for a chosen time, as on a volume across a network. The volume can also
//! hang, fail and report the number of its operations while it runs. Changes that are made directly
//! in the directory behind it are those of another machine: no notification reports them.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod attributes;
mod backing;
mod command;
mod control;
mod filesystem;
mod handles;
mod nodes;
mod operations;
mod reply;
mod volume;

pub use command::{answer, duration};
pub use control::Control;
pub use volume::{Options, Volume};
