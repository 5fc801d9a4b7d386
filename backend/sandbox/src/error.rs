//! How a run can fail.

use std::io;
use std::time::Duration;

/// Why a run gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The program cannot be loaded.
    #[error("The sandboxed program cannot be loaded: {0}.")]
    Load(String),
    /// The workspace folder cannot be opened.
    #[error("The workspace cannot be opened: {0}.")]
    Workspace(#[source] io::Error),
    /// The time limit was reached.
    #[error("The sandboxed program ran longer than {} seconds.", .0.as_secs_f32())]
    Timeout(Duration),
    /// The memory limit was reached.
    #[error("The sandboxed program needs more than {0} bytes of memory.")]
    Memory(usize),
    /// The program said more than it may.
    #[error("The sandboxed program wrote more than {0} bytes.")]
    OutputTooLarge(usize),
    /// The program broke off.
    #[error("The sandboxed program broke off: {0}.")]
    Trap(String),
}
