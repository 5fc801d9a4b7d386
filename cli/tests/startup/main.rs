//! The start of a pod, with real processes: the project, the pipeline command, signals, and the end.

mod pipeline;
mod pod;
mod project;
#[path = "../support/server.rs"]
mod server;
