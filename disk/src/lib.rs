//! Disks: the one way in which podslate opens what other programs can change, and what the worker and
//! its host both know of causes of errors and of what belongs to a file besides its bytes.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "everything else opens through this crate"
)]

#[cfg(not(windows))]
mod cause;
#[cfg(unix)]
pub mod metadata;
mod not_read;
mod open;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;
mod volume;

#[cfg(not(windows))]
pub use cause::cause;
pub use not_read::NotRead;
pub use open::{
    entries, find, find_in, is_folder, is_named, is_named_folder, metadata as metadata_of,
    metadata_in, metadata_of_folder, open, open_folder, open_in, open_named, path_of, read,
    real_path,
};
#[cfg(not(unix))]
use other as system;
pub use system::{Entries, Entry};
#[cfg(unix)]
use unix as system;
pub use volume::Volume;
