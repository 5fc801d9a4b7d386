//! What is embedded when this crate is built: the worker here, the page's files in [`FILES`].

use podslate_sandbox::{Limits, Sandbox, SandboxError, Worker};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A file of the page.
pub struct File {
    /// Its address, relative to the page's.
    pub path: &'static str,
    /// Its media type.
    pub mime: &'static str,
    /// Its entity tag, with the quotes; one for each form would be no more exact, as the forms
    /// have the same content.
    pub etag: &'static str,
    /// Whether the address has the content's hash in it, so that it never changes.
    pub is_immutable: bool,
    /// The content as it is.
    pub plain: &'static [u8],
    /// The content compressed with brotli, if that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The content compressed with gzip, if that is smaller.
    pub gzip: Option<&'static [u8]>,
}

/// The worker, ready to run. Nothing is compiled, unless this machine refuses what was compiled
/// ahead of time.
///
/// # Errors
/// The embedded program cannot be run on this machine.
pub fn worker() -> Result<Worker, SandboxError> {
    let sandbox = Sandbox::from_precompiled(WORKER_COMPILED, WORKER, Limits::default())?;
    if !sandbox.is_precompiled() {
        tracing::info!("this machine does not take the compiled worker; it was compiled again");
    }
    Ok(Worker::new(sandbox))
}
