//! The start of a pod with real processes: its project, its pipeline command, signals, and the end.

mod pipeline;
mod pod;
mod project;
