//! Pods in a real Kubernetes cluster.

mod cluster;
mod lifecycle;
mod manifest;
mod refusals;

pub use cluster::Kubernetes;
