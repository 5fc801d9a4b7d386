//! What every room of podslate agrees on: names, the layout, the API's types and the error codes.
//!
//! Nothing here touches a file system, a clock or a network, so the crate builds for every target.
#![forbid(unsafe_code)]

pub mod api;
pub mod error;
pub mod layout;
pub mod name;
pub mod report;

pub use error::{ErrorBody, ErrorCode};
pub use layout::Layout;
pub use name::{NameError, ProjectName};
pub use report::{Done, Report};
