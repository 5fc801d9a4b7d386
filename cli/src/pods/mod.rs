//! Pods: requests to one over HTTP, and providers that find and start them.

mod client;
mod connect;
mod docker;
mod http;
mod pod;
mod provider;
mod runpod;

pub use client::{Change, Client};
pub use connect::{connect, no_running_pod, provider, several_pods};
pub use pod::{Pod, PodSpec, PodState};
pub use provider::Provider;
