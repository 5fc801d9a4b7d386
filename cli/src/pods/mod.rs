//! Pods: requests to one over HTTP, and providers that find and start them.

mod answer;
mod client;
mod connect;
mod docker;
mod overview;
mod pod;
mod provider;
mod runpod;

pub use answer::Change;
pub use client::Client;
pub use connect::{connect, no_running_pod, provider, several_pods};
pub use overview::overview;
pub use pod::{Cost, Pod, PodSpec, PodState};
pub use provider::Provider;
