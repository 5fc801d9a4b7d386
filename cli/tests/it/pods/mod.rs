//! Projects on pods, from a workstation: real processes, and servers that stand in for providers.

mod adopt;
mod api;
#[cfg(unix)]
mod docker;
mod pod_spec;
mod rented;
mod runpod;
#[cfg(unix)]
mod terminal;
mod unreachable;
mod workstation;
