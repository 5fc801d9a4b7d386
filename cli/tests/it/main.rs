//! The program as people run it: one test binary, because each would link the whole program's
//! dependencies again.
//!
//! Tests run at the same time in this process, so none changes its environment or directory, and
//! each has a workspace and ports of its own. `tests/faults` is apart: it has no test harness.

mod browser;
mod compat;
#[cfg(unix)]
mod image;
mod mount;
mod pods;
mod program;
mod push;
mod recovery;
mod startup;
#[cfg(unix)]
mod strategies;
