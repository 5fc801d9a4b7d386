//! The workstation's side: projects on pods, with real processes and servers in the providers'
//! places.

mod adopt;
mod api;
#[cfg(unix)]
mod docker;
mod harness;
mod order;
#[path = "../support/port.rs"]
mod port;
mod rented;
mod runpod;
#[path = "../support/server.rs"]
mod server;
mod strangers;
#[cfg(unix)]
mod terminal;
