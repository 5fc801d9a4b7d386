//! Asynchronous work of commands that wait for a pod.

use anyhow::Context;

use crate::error::Result;

/// Runs asynchronous work to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("The network cannot be used")?
        .block_on(work)
}
