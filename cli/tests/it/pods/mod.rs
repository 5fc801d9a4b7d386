//! Projects on pods, from a workstation: real processes, and servers that stand in for providers.

mod adopt;
mod answers;
mod api;
#[cfg(unix)]
mod fallback;
mod pod_spec;
mod rented;
mod runpod;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod trust;
mod unreachable;
pub mod workstation;
