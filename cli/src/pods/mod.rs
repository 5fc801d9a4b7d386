//! Pods: requests to one over HTTP, and providers that find and start them.

mod answer;
mod choose;
mod client;
mod connect;
mod docker;
mod kubernetes;
mod log;
mod overview;
mod pod;
mod provider;
mod runpod;

pub use answer::Change;
pub use choose::choose;
pub use client::Client;
pub use connect::{connect, no_running_pod, provider, several_pods};
pub use log::{TAIL, tail, without_tokens};
pub use overview::overview;
pub use pod::{Pod, PodSpec, PodState};
pub use provider::Provider;
