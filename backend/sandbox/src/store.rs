//! The state of one instance and its memory limit.

use wasmtime::ResourceLimiter;
use wasmtime_wasi::p1::WasiP1Ctx;

/// Maximum number of entries in a table of functions, enough for any program of this kind.
const MAX_TABLE_ENTRIES: usize = 100_000;

/// State of one instance.
pub(crate) struct State {
    pub(crate) wasi: WasiP1Ctx,
    max_memory: usize,
    /// Whether the program asked for more memory than the limit.
    pub(crate) refused_memory: bool,
}

impl State {
    pub(crate) fn new(wasi: WasiP1Ctx, max_memory: usize) -> Self {
        Self {
            wasi,
            max_memory,
            refused_memory: false,
        }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.max_memory;
        self.refused_memory |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ENTRIES)
    }
}
