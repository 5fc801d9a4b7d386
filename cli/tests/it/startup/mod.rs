//! The start of a pod with real processes: its project, its pipeline command, signals, and the end.

#[cfg(target_os = "linux")]
mod ending;
mod pipeline;
mod pod;
mod project;
#[cfg(target_os = "linux")]
mod secret;
