//! What runs beside a workspace: the HTTP API and the page, and the workspace itself, which the
//! command line uses without a server, too.
#![forbid(unsafe_code)]

mod embedded;
mod http;
pub mod pipeline;
pub mod startup;
mod time;
pub mod workspace;

pub use embedded::worker;
pub use http::{Config, Origin, Token, serve};
pub use pipeline::Pipeline;
pub use workspace::Workspace;
