//! The compiled program and what it runs on.

use std::time::{Duration, Instant};
use std::{fmt, thread};

use wasmtime::{Config, Engine, InstancePre, Linker, Module};
use wasmtime_wasi::p1;

use crate::error::SandboxError;
use crate::run::State;

/// How often the clock of the time limit ticks.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// What one run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: usize,
    /// Time; `None` for a program that waits for a person. It is checked whenever the program's own
    /// code runs: a call into the file system that hangs is not cut short.
    pub time: Option<Duration>,
    /// Bytes of standard output.
    pub stdout: usize,
    /// Bytes of standard error.
    pub stderr: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            time: Some(Duration::from_secs(30)),
            stdout: 1 << 20,
            stderr: 64 << 10,
        }
    }
}

/// A program ready to run, any number of times and on any number of threads.
pub struct Sandbox {
    pub(crate) limits: Limits,
    pub(crate) program: InstancePre<State>,
    precompiled: bool,
}

impl Sandbox {
    /// Takes a program that [`precompile`] compiled, or compiles `wasm` where this machine or this
    /// version does not accept it.
    ///
    /// `cwasm` must come from [`precompile`] and from a place as trusted as this program itself,
    /// for example embedded in it: it is machine code.
    ///
    /// # Errors
    /// `wasm` is not a program that can be run.
    pub fn from_precompiled(
        cwasm: &[u8],
        wasm: &[u8],
        limits: Limits,
    ) -> Result<Self, SandboxError> {
        let engine = engine()?;
        // SAFETY: the callers embed their own build's output, as this function asks of them;
        // wasmtime itself refuses what another version or another kind of machine made.
        #[expect(
            unsafe_code,
            reason = "the only way to load code compiled ahead of time"
        )]
        let loaded = unsafe { Module::deserialize(&engine, cwasm) };
        match loaded {
            Ok(module) => Self::new(&engine, &module, limits, true),
            Err(_) => Self::compile(wasm, limits),
        }
    }

    /// Compiles a program, which takes a part of a second.
    ///
    /// # Errors
    /// `wasm` is not a program that can be run.
    pub fn compile(wasm: &[u8], limits: Limits) -> Result<Self, SandboxError> {
        let engine = engine()?;
        let module = Module::new(&engine, wasm).map_err(load)?;
        Self::new(&engine, &module, limits, false)
    }

    /// Whether the program had been compiled ahead of time.
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
        p1::add_to_linker_sync(&mut linker, State::wasi).map_err(load)?;
        let program = linker.instantiate_pre(module).map_err(load)?;
        tick(engine)?;
        Ok(Self {
            limits,
            program,
            precompiled,
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

/// Compiles a program for every machine of this kind, for [`Sandbox::from_precompiled`].
///
/// # Errors
/// `wasm` is not a program.
pub fn precompile(wasm: &[u8]) -> Result<Vec<u8>, SandboxError> {
    engine()?.precompile_module(wasm).map_err(load)
}

/// The one configuration of the compiler and of every host.
fn engine() -> Result<Engine, SandboxError> {
    let mut config = Config::new();
    // Naming the target keeps the compiler from using what only this machine's processor has.
    config.target(env!("PODSLATE_TARGET")).map_err(load)?;
    config.epoch_interruption(true);
    Engine::new(&config).map_err(load)
}

/// Advances the engine's clock for as long as the engine lives.
fn tick(engine: &Engine) -> Result<(), SandboxError> {
    let engine = engine.weak();
    let ticks = move || {
        let mut ticked = Instant::now();
        while let Some(engine) = engine.upgrade() {
            if ticked.elapsed() >= TICK {
                engine.increment_epoch();
                ticked = Instant::now();
            }
            drop(engine);
            // Sleeping panics where the system refuses it; this may end early.
            thread::park_timeout(TICK.saturating_sub(ticked.elapsed()));
        }
    };
    match thread::Builder::new().spawn(ticks) {
        Ok(_) => Ok(()),
        Err(error) => Err(SandboxError::Load(format!(
            "no thread for its clock, {error}"
        ))),
    }
}

fn load(error: wasmtime::Error) -> SandboxError {
    SandboxError::Load(format!("{error:#}"))
}
