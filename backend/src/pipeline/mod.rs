//! The command that runs in a project beside the server, for example the pipeline of a pod.

mod log;
mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use podslate_shared::api::{LogLine, Pipeline as Status, PipelineState, Success};
use podslate_shared::{Error, FolderName};
use tokio::process::Child;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard, watch};

use crate::lock::lock;
use crate::time;
use log::Log;
pub use process::Signal;

/// Time that the command has to end after a signal. Containers are killed after 10 seconds by
/// default, and the server needs part of that.
const STOP_GRACE: Duration = Duration::from_secs(8);
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
    /// Held while the command is started or stopped, and while a project is renamed.
    change: AsyncMutex<()>,
    state: Mutex<State>,
    log: Mutex<Log>,
    is_running: watch::Sender<bool>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    status: PipelineState,
    project: Option<FolderName>,
    group: Option<process::Group>,
    started: Option<SystemTime>,
    ended: Option<SystemTime>,
    exit: Option<ExitStatus>,
    error: Option<Error>,
}

/// A project that the command cannot be started in while this exists.
#[derive(Debug)]
pub struct Reservation<'p> {
    pipeline: &'p Pipeline,
    project: FolderName,
    _change: AsyncMutexGuard<'p, ()>,
}

impl Reservation<'_> {
    /// Makes the command run in `new` the next time if it ran in the reserved project before.
    pub fn commit(self, new: &FolderName) {
        let mut state = self.pipeline.state();
        if state.project.as_ref() == Some(&self.project) {
            state.project = Some(new.clone());
        }
    }
}

impl Pipeline {
    /// A command, beginning with its program, that has not been started, and its project.
    pub fn new(command: Vec<OsString>, workspace: PathBuf, project: Option<FolderName>) -> Self {
        Self(Arc::new(Inner {
            command,
            workspace,
            change: AsyncMutex::new(()),
            state: Mutex::new(State {
                project,
                ..State::default()
            }),
            log: Mutex::default(),
            is_running: watch::Sender::new(false),
            changes: watch::Sender::new(()),
        }))
    }

    /// Starts the command in `project`, or in the project of the previous run. A running command is
    /// stopped first.
    ///
    /// # Errors
    /// [`Error::PipelineWithoutProject`], [`Error::ProjectNotFound`] or [`Error::PipelineFailed`].
    pub async fn start(&self, project: Option<FolderName>) -> Result<(), Error> {
        let _change = self.0.change.lock().await;
        let project = project.or_else(|| self.state().project.clone());
        let project = project.ok_or(Error::PipelineWithoutProject)?;
        if !self.0.workspace.join(project.as_str()).is_dir() {
            return Err(Error::ProjectNotFound {
                name: project.into(),
            });
        }
        self.end(Signal::Terminate).await;
        let started = process::spawn(&self.0.command, &self.0.workspace, &project);
        let mut state = self.state();
        *state = State {
            project: Some(project),
            started: Some(SystemTime::now()),
            ..State::default()
        };
        match started {
            Ok(child) => {
                state.status = PipelineState::Running;
                state.group = process::Group::of(&child);
                self.0.is_running.send_replace(true);
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
    /// end.
    pub async fn stop(&self, signal: Signal) {
        let _change = self.0.change.lock().await;
        self.end(signal).await;
    }

    /// Sends a signal to the command if it is running.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.state().group {
            group.send(signal);
        }
    }

    /// Waits until the command has ended and is not being restarted. Returns its exit code; as in a
    /// shell, 128 plus the number of the signal that ended it; or 2 if it has neither.
    pub async fn wait(&self) -> u8 {
        let mut is_running = self.0.is_running.subscribe();
        loop {
            // Cannot fail: `self` owns the sender.
            let _ = is_running.wait_for(|is_running| !is_running).await;
            let _change = self.0.change.lock().await;
            if !*is_running.borrow_and_update() {
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
    pub async fn reserve(&self, project: &FolderName) -> Result<Reservation<'_>, Error> {
        let change = self.0.change.lock().await;
        if self.is_running_in(project) {
            return Err(Error::Busy {
                name: project.clone(),
            });
        }
        Ok(Reservation {
            pipeline: self,
            project: project.clone(),
            _change: change,
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

    /// Sends a signal and waits until the command and its child processes have ended. The caller
    /// holds the `change` lock.
    async fn end(&self, signal: Signal) {
        let mut is_running = self.0.is_running.subscribe();
        let group = self.state().group;
        self.signal(signal);
        let ended = async {
            let _ = is_running.wait_for(|is_running| !is_running).await;
            while group.is_some_and(process::Group::is_alive) {
                tokio::time::sleep(CHECK_INTERVAL).await;
            }
        };
        if tokio::time::timeout(STOP_GRACE, ended).await.is_err() {
            tracing::warn!("pipeline did not end in time, killing it");
            self.signal(Signal::Kill);
            let _ = is_running.wait_for(|is_running| !is_running).await;
        }
        self.state().group = None;
    }

    /// Collects the output and the exit status of a started command.
    fn supervise(&self, mut child: Child) {
        let pipeline = self.clone();
        let outputs = process::outputs(&mut child)
            .into_iter()
            .map(|(is_error, output)| {
                let pipeline = pipeline.clone();
                log::follow(output, move |text| {
                    pipeline.log().push(is_error, text);
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
                state.group = state.group.filter(|group| group.is_alive());
                state.ended = Some(SystemTime::now());
                state.exit = exit;
            }
            match exit {
                Some(exit) => tracing::info!(%exit, "pipeline ended"),
                None => tracing::warn!("pipeline ended with an unknown status"),
            }
            pipeline.0.is_running.send_replace(false);
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
