//! One run of the program.

use std::path::Path;

use tokio::runtime::{Builder, Handle, Runtime};
use wasmtime::{ResourceLimiter, Store, Trap};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::engine::{Sandbox, TICK};
use crate::error::SandboxError;

/// The most entries of a table of functions: enough for any program of this kind.
const MOST_TABLE_ENTRIES: usize = 100_000;

/// What a program is started with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'a> {
    /// Its arguments, without its own name.
    pub args: &'a [&'a str],
    /// Its environment variables.
    pub env: &'a [(&'a str, &'a str)],
    /// Its standard input.
    pub stdin: &'a [u8],
    /// Whether it talks to the person at this process's standard input, output and error. Its
    /// [`Output`] is empty then, and the time limit does not hold.
    pub terminal: bool,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its exit code.
    pub exit: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Sandbox {
    /// Runs the program in a fresh instance that sees `workspace` as `.`, and waits for its end.
    ///
    /// It blocks, so asynchronous code calls it where blocking is allowed.
    ///
    /// # Errors
    /// The workspace cannot be opened, a limit was reached, or the program broke off. Any exit
    /// code is no error.
    pub fn run(&self, workspace: &Path, run: &Run<'_>) -> Result<Output, SandboxError> {
        let here = here()?;
        let _here = here.as_ref().map(Runtime::enter);
        // One byte more than the limit shows that the limit was passed.
        let stdout = MemoryOutputPipe::new(self.limits.stdout + 1);
        let stderr = MemoryOutputPipe::new(self.limits.stderr + 1);
        let mut store = self.store(workspace, run, &stdout, &stderr)?;
        let ended = self.start(&mut store);
        let refused_memory = store.data().refused_memory;
        drop(store);
        for (pipe, limit) in [(&stdout, self.limits.stdout), (&stderr, self.limits.stderr)] {
            if pipe.contents().len() > limit {
                return Err(SandboxError::OutputTooLarge(limit));
            }
        }
        match ended {
            // A program that copes with less memory is none that failed.
            Ok(0) => {}
            _ if refused_memory => return Err(SandboxError::Memory(self.limits.memory)),
            _ => {}
        }
        Ok(Output {
            exit: ended?,
            stdout: stdout.contents().to_vec(),
            stderr: stderr.contents().to_vec(),
        })
    }

    fn store(
        &self,
        workspace: &Path,
        run: &Run<'_>,
        stdout: &MemoryOutputPipe,
        stderr: &MemoryOutputPipe,
    ) -> Result<Store<State>, SandboxError> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.arg("project-init").args(run.args).envs(run.env);
        match run.terminal {
            true => wasi.inherit_stdio(),
            false => wasi
                .stdin(MemoryInputPipe::new(run.stdin.to_vec()))
                .stdout(stdout.clone())
                .stderr(stderr.clone()),
        };
        // The folder takes this setting over when it is opened, so it comes first. Without it every
        // call would cross to another thread and back.
        wasi.allow_blocking_current_thread(true);
        wasi.preopened_dir(workspace, ".", FsPerms::ReadWrite)
            .map_err(|error| {
                SandboxError::Workspace(
                    error
                        .downcast()
                        .unwrap_or_else(|error| std::io::Error::other(error.to_string())),
                )
            })?;
        let state = State {
            wasi: wasi.build_p1(),
            memory: self.limits.memory,
            refused_memory: false,
        };
        let mut store = Store::new(self.program.module().engine(), state);
        store.limiter(|state| state);
        store.set_epoch_deadline(self.ticks(run));
        Ok(store)
    }

    /// The time limit in ticks, and one more because the first is under way already.
    fn ticks(&self, run: &Run<'_>) -> u64 {
        match self.limits.time {
            Some(time) if !run.terminal => {
                u64::try_from(time.as_millis() / TICK.as_millis()).map_or(u64::MAX / 2, |n| n + 1)
            }
            // The store adds the present time, so this must not be the largest number.
            _ => u64::MAX / 2,
        }
    }

    fn start(&self, store: &mut Store<State>) -> Result<i32, SandboxError> {
        let instance = self
            .program
            .instantiate(&mut *store)
            .map_err(|error| self.broken(&error))?;
        let main = instance
            .get_typed_func::<(), ()>(&mut *store, "_start")
            .map_err(|error| SandboxError::Load(format!("{error:#}")))?;
        match main.call(store, ()) {
            Ok(()) => Ok(0),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => Ok(exit.0),
                None => Err(self.broken(&error)),
            },
        }
    }

    fn broken(&self, error: &wasmtime::Error) -> SandboxError {
        match (error.downcast_ref::<Trap>(), self.limits.time) {
            (Some(Trap::Interrupt), Some(time)) => SandboxError::Timeout(time),
            (Some(trap), _) => SandboxError::Trap(trap.to_string()),
            (None, _) => SandboxError::Trap(error.root_cause().to_string()),
        }
    }
}

/// What the runtime of WASI waits with, unless the caller is in such a thing already: without it
/// WASI starts one of its own, with threads, and panics where there can be none.
fn here() -> Result<Option<Runtime>, SandboxError> {
    if Handle::try_current().is_ok() {
        return Ok(None);
    }
    let made = Builder::new_current_thread().enable_time().build();
    made.map(Some)
        .map_err(|error| SandboxError::Load(error.to_string()))
}

/// What belongs to one instance.
pub(crate) struct State {
    wasi: WasiP1Ctx,
    memory: usize,
    refused_memory: bool,
}

impl State {
    pub(crate) fn wasi(&mut self) -> &mut WasiP1Ctx {
        &mut self.wasi
    }
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.memory;
        self.refused_memory |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MOST_TABLE_ENTRIES)
    }
}
