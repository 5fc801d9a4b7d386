//! The worker and the page's files, embedded by the build script.

use podslate_sandbox::{Limits, Sandbox, SandboxError, Worker};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A file of the page.
pub struct File {
    /// Address, relative to that of the page.
    pub path: &'static str,
    /// Media type.
    pub mime: &'static str,
    /// Entity tag, with its quotes; the same for every encoding, since the content is the same.
    pub etag: &'static str,
    /// Whether the content never changes, because its hash is part of the address.
    pub is_immutable: bool,
    /// Content.
    pub plain: &'static [u8],
    /// Content in the encodings that make it smaller, preferred first.
    pub encodings: &'static [(&'static str, &'static [u8])],
}

/// The worker, ready to run. It is compiled only if this machine does not accept the precompiled
/// code.
///
/// # Errors
/// The embedded program cannot be run on this machine.
pub fn worker() -> Result<Worker, SandboxError> {
    let sandbox = Sandbox::from_precompiled(WORKER_COMPILED, WORKER, Limits::default())?;
    if !sandbox.is_precompiled() {
        tracing::info!("precompiled worker not accepted by this machine, compiled it again");
    }
    Ok(Worker::new(sandbox))
}
