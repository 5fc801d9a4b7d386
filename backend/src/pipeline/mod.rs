//! The command that runs in a project beside the server, for example the pipeline of a pod.

mod claims;
mod family;
mod log;
mod process;
pub mod processes;
mod signal;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use podslate_shared::api::{LogLine, Pipeline as Status, PipelineState, Success};
use podslate_shared::{Error, FolderName};
use tokio::process::Child;
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::lock::lock;
use crate::time;
use claims::Claims;
use family::Family;
use log::Log;
pub use signal::Signal;

/// Time that the command has to end after a signal. Containers are killed after 10 seconds by
/// default, and the server needs part of that.
pub const STOP_GRACE: Duration = Duration::from_secs(8);
/// Time to wait for the end of processes that were killed: one that waits for a volume cannot end.
const KILL_GRACE: Duration = Duration::from_secs(1);
/// Time to start the command, which may be on a volume that does not respond.
const START_TIME: Duration = Duration::from_secs(30);
/// Time to read the command's output after its end.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);
/// Interval between checks whether the command's child processes have ended; nothing reports that.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// A command and its state.
#[derive(Clone, Debug)]
pub struct Pipeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    command: Vec<OsString>,
    workspace: PathBuf,
    family: Family,
    /// Held while the command is started.
    start: AsyncMutex<()>,
    state: Mutex<State>,
    claims: Claims,
    log: Mutex<Log>,
    /// Number of the run, while it runs.
    running: watch::Sender<Option<u64>>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    status: PipelineState,
    project: Option<FolderName>,
    run: u64,
    group: Option<signal::Group>,
    /// Whether the run has got a signal to end.
    is_ending: bool,
    started: Option<SystemTime>,
    ended: Option<SystemTime>,
    exit: Option<ExitStatus>,
    error: Option<Error>,
}

/// A project that the command cannot be started in while this exists.
#[derive(Debug)]
pub struct Reservation<'p> {
    pipeline: &'p Pipeline,
    claim: claims::Reserved<'p>,
}

impl Reservation<'_> {
    /// Makes the command run in `new` the next time if it ran in the reserved project before.
    pub fn commit(self, new: &FolderName) {
        let mut state = self.pipeline.state();
        if state.project.as_ref() == Some(self.claim.project()) {
            state.project = Some(new.clone());
        }
    }
}

impl Pipeline {
    /// A command, beginning with its program, that has not been started, and its project.
    ///
    /// The process `supervisor` has started the server and inherits what the command leaves behind.
    pub fn new(
        command: Vec<OsString>,
        workspace: PathBuf,
        project: Option<FolderName>,
        supervisor: Option<u32>,
    ) -> Self {
        Self(Arc::new(Inner {
            command,
            family: Family::new(workspace.clone(), supervisor),
            workspace,
            start: AsyncMutex::new(()),
            state: Mutex::new(State {
                project,
                ..State::default()
            }),
            claims: Claims::default(),
            log: Mutex::default(),
            running: watch::Sender::new(None),
            changes: watch::Sender::new(()),
        }))
    }

    /// Starts the command in `project`, or in the project of the previous run. A running command is
    /// stopped first. A stop that is requested meanwhile wins.
    ///
    /// # Errors
    /// [`Error::PipelineWithoutProject`], [`Error::ProjectNotFound`], [`Error::PipelineFailed`], or
    /// [`Error::TimedOut`] if a rename of the project or the end of the running command takes too
    /// long.
    pub async fn start(&self, project: Option<FolderName>) -> Result<(), Error> {
        let _start = self.0.start.lock().await;
        let project = project.or_else(|| self.state().project.clone());
        let project = project.ok_or(Error::PipelineWithoutProject)?;
        let claimed = tokio::time::timeout(START_TIME, self.0.claims.start(&project)).await;
        let starting = claimed.map_err(|_| Error::TimedOut)?;
        let (workspace, name) = (self.0.workspace.clone(), project.clone());
        let is_folder = move || process::open_folder(&workspace, &name).is_ok();
        if !Self::blocking(is_folder).await.ok_or(Error::TimedOut)? {
            return Err(Error::ProjectNotFound {
                name: project.into(),
            });
        }
        if !self.end(Signal::Terminate).await {
            return Err(Error::TimedOut);
        }
        let (inner, named) = (Arc::clone(&self.0), project.clone());
        let spawned = Self::blocking(move || {
            inner.family.end_leftovers();
            process::spawn(&inner.command, &inner.workspace, &named, &inner.family)
        });
        let spawned = spawned.await;
        let spawned = spawned.unwrap_or_else(|| Err("the volume does not respond".to_owned()));
        self.started(project, spawned)?;
        if starting.is_stopped() {
            self.end(Signal::Terminate).await;
        }
        Ok(())
    }

    /// Does work that a volume may hold up; `None` if it does not end in time.
    async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let work = tokio::task::spawn_blocking(work);
        tokio::time::timeout(START_TIME, work).await.ok()?.ok()
    }

    /// Records a start.
    fn started(&self, project: FolderName, spawned: Result<Child, String>) -> Result<(), Error> {
        let mut state = self.state();
        *state = State {
            project: Some(project),
            started: Some(SystemTime::now()),
            run: state.run + 1,
            ..State::default()
        };
        match spawned {
            Ok(child) => {
                state.status = PipelineState::Running;
                state.group = signal::Group::of(&child);
                let run = state.run;
                self.0.running.send_replace(Some(run));
                self.0.changes.send_replace(());
                drop(state);
                self.supervise(child);
                Ok(())
            }
            Err(reason) => {
                let error = Error::PipelineFailed { reason };
                state.status = PipelineState::Failed;
                state.ended = state.started;
                state.error = Some(error.clone());
                self.0.changes.send_replace(());
                Err(error)
            }
        }
    }

    /// Sends a signal to the command, kills it if it does not end in time, and returns after its
    /// end; `false` if it did not end, because a volume does not respond.
    pub async fn stop(&self, signal: Signal) -> bool {
        self.0.claims.stop();
        self.end(signal).await
    }

    /// Sends a signal to the command if it is running.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = &self.state().group {
            group.send(signal);
        }
    }

    /// Kills everything that the command has started, without waiting for anything.
    pub fn kill(&self) {
        self.signal(Signal::Kill);
        self.0.family.send(Signal::Kill, None);
    }

    /// Waits until the command has ended and is not being restarted. Returns its exit code; as in a
    /// shell, 128 plus the number of the signal that ended it; or 2 if it has neither.
    pub async fn wait(&self) -> u8 {
        let mut running = self.0.running.subscribe();
        loop {
            // Cannot fail: `self` owns the sender.
            let _ = running.wait_for(Option::is_none).await;
            let _start = self.0.start.lock().await;
            if running.borrow_and_update().is_none() {
                break;
            }
        }
        let exit = self.state().exit;
        let code = exit.and_then(|exit| {
            let signal = process::signal_of(exit).map(|signal| 128 + signal);
            exit.code().or(signal)
        });
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
    }

    /// Keeps the command from being started until a rename of `project` is over.
    ///
    /// # Errors
    /// [`Error::Busy`] if the command is running in the project.
    pub fn reserve(&self, project: &FolderName) -> Result<Reservation<'_>, Error> {
        let is_running = || self.is_running_in(project);
        let claim = self.0.claims.reserve(project, is_running);
        let claim = claim.ok_or_else(|| Error::Busy {
            name: project.clone(),
        })?;
        Ok(Reservation {
            pipeline: self,
            claim,
        })
    }

    /// Whether the command is running in a project.
    pub fn is_running_in(&self, project: &FolderName) -> bool {
        let state = self.state();
        state.status == PipelineState::Running && state.project.as_ref() == Some(project)
    }

    /// Tells when the status or the output changes.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    /// Status in the form of the API.
    pub fn status(&self) -> Status {
        let state = self.state();
        Status {
            status: Success::Success,
            state: state.status,
            project_name: state.project.as_ref().map(ToString::to_string),
            command: Some(process::display(&self.0.command)),
            started: state.started.and_then(time::rfc3339),
            ended: state.ended.and_then(time::rfc3339),
            exit_code: state.exit.and_then(|exit| exit.code()),
            signal: state.exit.and_then(process::signal_of),
            error: state.error.clone().map(Into::into),
            lines: self.log().last(),
        }
    }

    /// Kept lines of the command's output with a number greater than `after`.
    pub fn lines(&self, after: u64) -> Vec<LogLine> {
        self.log().after(after)
    }

    /// Sends a signal and waits until the command and everything that it has started have ended;
    /// whether they have.
    async fn end(&self, signal: Signal) -> bool {
        let (run, group, is_ending) = {
            let mut state = self.state();
            let is_ending = std::mem::replace(&mut state.is_ending, true);
            (state.run, state.group.clone(), is_ending)
        };
        let send = |signal| {
            let (family, group) = (self.0.family.clone(), group.clone());
            if let Some(group) = &group {
                group.send(signal);
            }
            tokio::task::spawn_blocking(move || family.send(signal, group.as_ref()))
        };
        // A second signal would have many programs end at once.
        let sent = (!is_ending).then(|| send(signal));
        let ended = async {
            if let Some(sent) = sent {
                let _ = sent.await;
            }
            self.ended(run, group.as_ref()).await;
        };
        let mut has_ended = tokio::time::timeout(STOP_GRACE, ended).await.is_ok();
        if !has_ended {
            tracing::warn!("pipeline did not end in time, killing it");
            let ended = async {
                let _ = send(Signal::Kill).await;
                self.ended(run, group.as_ref()).await;
            };
            has_ended = tokio::time::timeout(KILL_GRACE, ended).await.is_ok();
        }
        let mut state = self.state();
        if state.run == run {
            state.group = group.filter(|_| !has_ended);
            state.is_ending = false;
        }
        has_ended
    }

    /// Waits until a run has ended with everything that it has started.
    async fn ended(&self, run: u64, group: Option<&signal::Group>) {
        let mut running = self.0.running.subscribe();
        let _ = running.wait_for(|running| *running != Some(run)).await;
        loop {
            let (family, group) = (self.0.family.clone(), group.cloned());
            let is_alive = move || group.is_some_and(|it| it.is_alive()) || family.is_alive();
            match tokio::task::spawn_blocking(is_alive).await {
                Ok(true) => tokio::time::sleep(CHECK_INTERVAL).await,
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// Collects the output and the exit status of a started command.
    fn supervise(&self, mut child: Child) {
        let pipeline = self.clone();
        let outputs = process::outputs(&mut child)
            .into_iter()
            .map(|(is_error, output)| {
                let pipeline = pipeline.clone();
                log::follow(output, move |parts| {
                    let mut log = pipeline.log();
                    parts.into_iter().for_each(|part| log.push(is_error, part));
                    drop(log);
                    pipeline.0.changes.send_replace(());
                })
            });
        let outputs: Vec<_> = outputs.map(tokio::spawn).collect();
        tokio::spawn(async move {
            let exit = child.wait().await.ok();
            // Child processes of the command may keep its outputs open.
            let closed = futures_util::future::join_all(outputs);
            let _ = tokio::time::timeout(OUTPUT_GRACE, closed).await;
            pipeline.log().flush();
            {
                let mut state = pipeline.state();
                state.status = PipelineState::Exited;
                state.group = state.group.take().filter(signal::Group::is_alive);
                state.ended = Some(SystemTime::now());
                state.exit = exit;
            }
            match exit {
                Some(exit) => tracing::info!(%exit, "pipeline ended"),
                None => tracing::warn!("pipeline ended with an unknown status"),
            }
            pipeline.0.running.send_replace(None);
            pipeline.0.changes.send_replace(());
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.0.log)
    }
}
