//! Changes of folders as the operating system reports them.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

use std::collections::BTreeSet;
use std::sync::Arc;

#[cfg(target_os = "linux")]
pub use linux::Notifier;
#[cfg(not(target_os = "linux"))]
pub use none::Notifier;

/// Reported changes.
#[derive(Debug, Default)]
pub struct Reports {
    /// Names of entries of the workspace that have appeared, disappeared or been replaced.
    pub entries: BTreeSet<String>,
    /// Names of entries in which something has changed.
    pub contents: BTreeSet<Arc<str>>,
    /// Whether reports are missing, so that everything may have changed.
    pub is_incomplete: bool,
    /// Whether the workspace's folder was moved or deleted.
    pub is_root_gone: bool,
}
