//! The workspace, which the command line also uses without a server, and what a server adds: the
//! HTTP API, the page and the pipeline.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod embedded;
mod http;
mod lock;
pub mod pipeline;
pub mod startup;
mod time;
pub mod workspace;

pub use embedded::worker;
pub use http::{Config, Origin, Token, serve};
pub use pipeline::Pipeline;
pub use podslate_sandbox::{SandboxError, Worker};
pub use workspace::Workspace;
