//! Requests and responses of the HTTP API. Times are RFC 3339 in UTC; paths are those of the server.

mod adoption;
mod events;
mod list;
mod pipeline;
mod projects;
mod server;

use serde::{Deserialize, Serialize};

pub use adoption::*;
pub use events::*;
pub use list::*;
pub use pipeline::*;
pub use projects::*;
pub use server::*;

/// `status` of every successful response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Success {
    /// The only value.
    #[default]
    Success,
}
