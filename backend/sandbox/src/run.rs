//! One run of the program.

use std::io;
use std::path::Path;

use tokio::runtime::{Builder, Handle, Runtime};
use wasmtime::{Store, Trap};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::engine::{Sandbox, State, TICK, load_error};
use crate::error::{SandboxError, is_out_of_memory};

/// Arguments, environment and input of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'a> {
    /// Arguments, without the program's name.
    pub args: &'a [&'a str],
    /// Environment variables.
    pub env: &'a [(&'a str, &'a str)],
    /// Standard input.
    pub stdin: &'a [u8],
}

/// Exit code and output of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Exit code.
    pub exit: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl<'a> Run<'a> {
    /// A run with arguments, without environment and input.
    pub fn new(args: &'a [&'a str]) -> Self {
        Self {
            args,
            ..Self::default()
        }
    }
}

/// Memory that has to be free when the program starts, in bytes.
const HEADROOM: usize = 4 << 20;

impl Sandbox {
    /// Runs the program in a fresh instance that sees `workspace` as `.`, and waits until it ends.
    ///
    /// This blocks, so asynchronous code calls it on a thread where blocking is allowed.
    ///
    /// # Errors
    /// The workspace cannot be opened, a limit was reached, or the program crashed. An exit code is
    /// not an error.
    pub fn run(&self, workspace: &Path, run: &Run<'_>) -> Result<Output, SandboxError> {
        let runtime = wait_runtime()?;
        let _entered = runtime.as_ref().map(Runtime::enter);
        // One byte more than the limit shows that the limit was exceeded.
        let stdout = MemoryOutputPipe::new(self.limits.stdout + 1);
        let stderr = MemoryOutputPipe::new(self.limits.stderr + 1);
        let mut store = self.store(workspace, run, &stdout, &stderr)?;
        let exit = self.start(&mut store);
        let refused_memory = store.data().refused_memory;
        drop(store);
        for (pipe, limit) in [(&stdout, self.limits.stdout), (&stderr, self.limits.stderr)] {
            if pipe.contents().len() > limit {
                return Err(SandboxError::OutputTooLarge(limit));
            }
        }
        // A program that copes with less memory has not failed.
        if refused_memory && !matches!(exit, Ok(0)) {
            return Err(SandboxError::Memory(self.limits.memory));
        }
        Ok(Output {
            exit: exit?,
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
        wasi.stdin(MemoryInputPipe::new(run.stdin.to_vec()))
            .stdout(stdout.clone())
            .stderr(stderr.clone());
        // Before the folder, which copies this setting. Without it every call would cross to
        // another thread and back.
        wasi.allow_blocking_current_thread(true);
        wasi.preopened_dir(workspace, ".", FsPerms::ReadWrite)
            .map_err(|error| {
                let error = error.downcast();
                SandboxError::Workspace(
                    error.unwrap_or_else(|error| io::Error::other(error.to_string())),
                )
            })?;
        let state = State {
            wasi: wasi.build_p1(),
            workspace: workspace.to_owned(),
            max_memory: self.limits.memory,
            refused_memory: false,
        };
        let mut store = Store::new(self.program.module().engine(), state);
        store.limiter(|state| state);
        // One tick more, because the first one has begun already. The store adds the current tick,
        // so the maximum must leave space for it.
        let ticks = self.limits.time.as_millis() / TICK.as_millis();
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX).min(u64::MAX / 2);
        store.set_epoch_deadline(ticks + 1);
        Ok(store)
    }

    fn start(&self, store: &mut Store<State>) -> Result<i32, SandboxError> {
        let instance = self
            .program
            .instantiate(&mut *store)
            .map_err(|error| self.crash(&error))?;
        let main = instance
            .get_typed_func::<(), ()>(&mut *store, "_start")
            .map_err(load_error)?;
        ensure_memory()?;
        match main.call(store, ()) {
            Ok(()) => Ok(0),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => Ok(exit.0),
                None => Err(self.crash(&error)),
            },
        }
    }

    fn crash(&self, error: &wasmtime::Error) -> SandboxError {
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => SandboxError::Timeout(self.limits.time),
            Some(trap) => SandboxError::Trap(trap.to_string()),
            None if is_out_of_memory(error) => SandboxError::NoMemory,
            None => SandboxError::Trap(error.root_cause().to_string()),
        }
    }
}

/// Asks for the memory that wasmtime needs next: it panics if the system refuses it a stack for
/// signals.
fn ensure_memory() -> Result<(), SandboxError> {
    let mut memory: Vec<u8> = Vec::new();
    let reserved = memory.try_reserve_exact(HEADROOM);
    std::hint::black_box(&mut memory);
    reserved.map_err(|_| SandboxError::NoMemory)
}

/// Runtime that WASI waits in, unless the caller is in one already: otherwise WASI starts its own,
/// with threads, and panics if the system refuses them.
fn wait_runtime() -> Result<Option<Runtime>, SandboxError> {
    if Handle::try_current().is_ok() {
        return Ok(None);
    }
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| SandboxError::Load(error.to_string()))?;
    Ok(Some(runtime))
}
