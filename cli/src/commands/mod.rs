//! The commands, one module each.

pub mod completions;
pub mod health;
pub mod init;
pub mod list;
pub mod logs;
pub mod mount;
pub mod new;
pub mod pods;
pub mod push;
pub mod recover;
pub mod rename;
pub mod serve;
pub mod stop;
pub mod trust;
