//! Types that every part of podslate shares: names, the layout, results, errors and the API.
//!
//! Nothing here uses a file system, a clock or a network, so the crate builds for every target.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod api;
mod cause;
pub mod config;
pub mod error;
mod folder;
pub mod former;
pub mod host_path;
mod junk;
pub mod latin;
pub mod layout;
pub mod name;
pub mod report;
pub mod text;

pub use cause::Cause;
pub use config::{Config, ConfigProblem, ConfigReason};
pub use error::{Error, ErrorBody, ErrorCode, InvalidConfig, Result};
pub use folder::FolderName;
pub use junk::is_junk;
pub use layout::Layout;
pub use name::{NameError, NameRule, ProjectName};
pub use report::{Completed, Created, Done, Listed, Recovered, Renamed, Report};
pub use text::{printable, printable_json};
