//! Pods in a real Docker Engine.

mod container;
mod engine;
mod folders;
mod lifecycle;
mod refusals;

pub use engine::Docker;
