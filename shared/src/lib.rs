//! Types that every part of podslate shares: names, the layout, results, errors and the API.
//!
//! Nothing here uses a file system, a clock or a network, so the crate builds for every target.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod api;
pub mod error;
pub mod latin;
pub mod layout;
pub mod name;
pub mod report;

pub use error::{Error, ErrorBody, ErrorCode, Result};
pub use layout::Layout;
pub use name::{NameError, NameRule, ProjectName};
pub use report::{Completed, Created, Done, Listed, Recovered, Renamed, Report};
