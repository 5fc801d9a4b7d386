//! What the worker and its host both know of a disk: causes of errors, and what belongs to a file
//! besides its bytes.
#![forbid(unsafe_code)]

#[cfg(not(windows))]
mod cause;
#[cfg(unix)]
pub mod metadata;

#[cfg(not(windows))]
pub use cause::cause;
