//! The compiled program, the state of its instances and their limits.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::{Config, Engine, InstancePre, Linker, Module, ResourceLimiter};
use wasmtime_wasi::p1::{self, WasiP1Ctx};

use crate::error::SandboxError;
use crate::take_over;

/// Resolution of the time limit.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Maximum number of entries in a table of functions, enough for any program of this kind.
const MAX_TABLE_ENTRIES: usize = 100_000;

/// Address space that a run reserves for memory. The checks of bounds that this takes are not
/// noticed in a program that mostly waits for the disk; without them a run reserves 4 GiB, which
/// limits of address space (`ulimit -v`) refuse.
const MEMORY_RESERVATION: u64 = 4 << 20;
const MEMORY_GUARD: u64 = 64 << 10;

/// Limits of one run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory, in bytes.
    pub memory: usize,
    /// Time. The program is stopped while its own code runs; a file system call that hangs is not
    /// interrupted.
    pub time: Duration,
    /// Standard output, in bytes.
    pub stdout: usize,
    /// Standard error, in bytes.
    pub stderr: usize,
}

/// Target of this program.
const TARGET: &str = env!("PODSLATE_TARGET");

/// Memory that a run may use, in bytes.
const MEMORY: usize = 256 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: MEMORY,
            time: Duration::from_secs(30),
            stdout: 1 << 20,
            stderr: 64 << 10,
        }
    }
}

/// A program that can be run any number of times and on any number of threads.
pub struct Sandbox {
    pub(crate) limits: Limits,
    pub(crate) program: InstancePre<State>,
    precompiled: bool,
    _clock: Clock,
}

impl Sandbox {
    /// Loads `cwasm`, the output of [`precompile`], or compiles `wasm` if this machine or this
    /// version of wasmtime does not accept it.
    ///
    /// `cwasm` is machine code, so it must be as trusted as this program itself, for example
    /// embedded in it.
    ///
    /// # Errors
    /// `wasm` cannot be run.
    pub fn from_precompiled(
        cwasm: &[u8],
        wasm: &[u8],
        limits: Limits,
    ) -> Result<Self, SandboxError> {
        let engine = engine()?;
        // SAFETY: callers embed the output of their own build, as the documentation requires;
        // wasmtime rejects code for another version or another kind of machine.
        #[expect(unsafe_code, reason = "the only way to load precompiled code")]
        let loaded = unsafe { Module::deserialize(&engine, cwasm) };
        match loaded {
            Ok(module) => Self::new(&engine, &module, limits, true),
            Err(_) => Self::compile(wasm, limits),
        }
    }

    /// Compiles a program, which takes a fraction of a second.
    ///
    /// # Errors
    /// `wasm` cannot be run.
    pub fn compile(wasm: &[u8], limits: Limits) -> Result<Self, SandboxError> {
        let engine = engine()?;
        let module = Module::new(&engine, wasm).map_err(load_error)?;
        Self::new(&engine, &module, limits, false)
    }

    /// Whether the precompiled code was loaded.
    pub fn is_precompiled(&self) -> bool {
        self.precompiled
    }

    fn new(
        engine: &Engine,
        module: &Module,
        limits: Limits,
        precompiled: bool,
    ) -> Result<Self, SandboxError> {
        let mut linker = Linker::new(engine);
        p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)
            .map_err(load_error)?;
        take_over::add_to_linker(&mut linker, |state: &State| &state.workspace)
            .map_err(load_error)?;
        let program = linker.instantiate_pre(module).map_err(load_error)?;
        Ok(Self {
            limits,
            program,
            precompiled,
            _clock: Clock::start(engine)?,
        })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// State of one instance.
pub(crate) struct State {
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) workspace: PathBuf,
    pub(crate) max_memory: usize,
    /// Whether the program asked for more memory than the limit.
    pub(crate) refused_memory: bool,
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

/// Compiles a program ahead of time for every machine with that target, or with the one of this
/// program, for [`Sandbox::from_precompiled`].
///
/// # Errors
/// `wasm` is not a WebAssembly program.
pub fn precompile(wasm: &[u8], target: Option<&str>) -> Result<Vec<u8>, SandboxError> {
    let engine = engine_for(target.unwrap_or(TARGET))?;
    engine.precompile_module(wasm).map_err(load_error)
}

/// Engine with the one configuration for compiling and running.
fn engine() -> Result<Engine, SandboxError> {
    engine_for(TARGET)
}

fn engine_for(target: &str) -> Result<Engine, SandboxError> {
    let mut config = Config::new();
    // With an explicit target, the compiler uses no features that only this machine's CPU has.
    config.target(target).map_err(load_error)?;
    config.epoch_interruption(true);
    config.memory_reservation(MEMORY_RESERVATION);
    config.memory_reservation_for_growth(MEMORY_RESERVATION);
    config.memory_guard_size(MEMORY_GUARD);
    Engine::new(&config).map_err(load_error)
}

/// The thread that advances the engine's epoch. It has ended when this is dropped: Wine crashes if
/// a thread ends at the same time as its process.
struct Clock {
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(engine: &Engine) -> Result<Self, SandboxError> {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (engine, stopped) = (engine.weak(), Arc::clone(&is_stopped));
        let ticks = move || {
            let mut last = Instant::now();
            while !stopped.load(Ordering::Relaxed)
                && let Some(engine) = engine.upgrade()
            {
                if last.elapsed() >= TICK {
                    engine.increment_epoch();
                    last = Instant::now();
                }
                drop(engine);
                // `thread::sleep` panics if the system refuses it; parking may only end early.
                thread::park_timeout(TICK.saturating_sub(last.elapsed()));
            }
        };
        let thread = thread::Builder::new().spawn(ticks);
        Ok(Self {
            is_stopped,
            thread: Some(thread.map_err(SandboxError::Thread)?),
        })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

pub(crate) fn load_error(error: wasmtime::Error) -> SandboxError {
    SandboxError::load(&error)
}
