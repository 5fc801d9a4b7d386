//! Asynchronous work of commands.

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::error::Result;

/// Runs asynchronous work to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Runtime::new().context("The network cannot be used")?;
    runtime.block_on(work)
}
