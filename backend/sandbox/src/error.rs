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
    /// The system refuses the thread of the time limit.
    #[error("The sandboxed program gets no thread from the system: {0}.")]
    Thread(#[source] io::Error),
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

impl SandboxError {
    /// Why a program cannot be loaded.
    pub(crate) fn load(error: &wasmtime::Error) -> Self {
        match is_out_of_memory(error) {
            true => Self::NoMemory,
            false => Self::Load(format!("{error:#}")),
        }
    }
}

/// Whether the system refused the program its memory.
pub(crate) fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    let error = error.root_cause();
    let is_refused = |error: &io::Error| error.kind() == io::ErrorKind::OutOfMemory;
    error.downcast_ref().is_some_and(is_refused)
        || error.to_string().contains("Cannot allocate memory")
        || error.to_string().contains("os error 12")
}

impl From<SandboxError> for Error {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Timeout(_) => Self::TimedOut,
            SandboxError::Workspace(error) => Self::WorkspaceUnavailable {
                reason: error.to_string(),
            },
            SandboxError::NoMemory => Cause::NoMemory.into(),
            // Linux has one error for both limits.
            SandboxError::Thread(_) => Self::ResourcesMissing {
                reason:
                    "no thread can be started, which the limits of memory (`ulimit -v`) and of \
                         processes (`ulimit -u`) can be the cause of"
                        .to_owned(),
            },
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
