//! The HTTP API and the page.

mod app;
mod error;
mod extract;
mod handlers;
mod host;
mod limits;
mod middleware;
mod openapi;
mod repeats;
mod router;
mod server;
mod sessions;
mod token;

pub use app::{Config, Origin};
pub use server::serve;
pub use token::Token;
