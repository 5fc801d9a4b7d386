//! The HTTP API and the page.

mod app;
mod budget;
mod connections;
mod error;
mod extract;
mod handlers;
mod host;
mod limits;
mod middleware;
mod openapi;
mod progress;
mod repeats;
mod router;
mod server;
mod sessions;
mod strength;
mod to_end;
mod token;

pub use app::{Config, Origin};
pub use server::serve;
pub use token::Token;
