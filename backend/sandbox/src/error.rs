//! Errors of a run.

use std::io;
use std::time::Duration;

use podslate_shared::{Cause, Error};

/// Reason why a run has no output.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The program cannot be loaded.
    #[error("The sandboxed program cannot be loaded: {0}.")]
    Load(String),
    /// The workspace cannot be opened.
    #[error("The workspace cannot be opened: {0}.")]
    Workspace(#[source] io::Error),
    /// The time limit was reached.
    #[error("The sandboxed program ran longer than {} seconds.", .0.as_secs_f32())]
    Timeout(Duration),
    /// The memory limit was reached.
    #[error("The sandboxed program needs more than {0} bytes of memory.")]
    Memory(usize),
    /// The system refuses the memory.
    #[error("The sandboxed program gets no memory from the system.")]
    NoMemory,
    /// The output limit was reached.
    #[error("The sandboxed program wrote more than {0} bytes.")]
    OutputTooLarge(usize),
    /// The program trapped.
    #[error("The sandboxed program crashed: {0}.")]
    Trap(String),
}

impl From<SandboxError> for Error {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Timeout(_) => Self::TimedOut,
            SandboxError::Workspace(error) => Self::WorkspaceUnavailable {
                reason: error.to_string(),
            },
            SandboxError::NoMemory => Cause::NoMemory.into(),
            SandboxError::Memory(limit) => Self::ResourcesMissing {
                reason: format!(
                    "the change needs more than {} MiB of memory, which is the limit; perhaps the \
                     workspace has too many entries",
                    limit >> 20
                ),
            },
            _ => Self::Internal,
        }
    }
}
