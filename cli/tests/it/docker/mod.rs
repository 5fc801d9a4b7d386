//! Pods in a real Docker Engine.

mod container;
mod engine;
mod lifecycle;
mod refusals;
mod users;

pub use engine::Docker;
