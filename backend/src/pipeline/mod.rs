//! The command that runs in a project beside the server, for example the pipeline of a pod.

mod log;
mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use podslate_shared::api::{LogLine, Pipeline as Told, PipelineState, Success};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use tokio::sync::{Mutex as Turn, watch};

use crate::time;
use log::Log;
pub use process::Signal;

/// How long the command may take to end after it was asked to. A container's own patience is ten
/// seconds, and a part of it is for the server.
const GRACE: Duration = Duration::from_secs(8);

/// How long its outputs are read after its end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often to look whether what the command started has ended, too; nothing tells.
const LOOK: Duration = Duration::from_millis(50);

/// A command and how it stands with it.
#[derive(Clone, Debug)]
pub struct Pipeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    command: Vec<OsString>,
    workspace: PathBuf,
    /// Held while the command is started or stopped, and while its project is renamed.
    turn: Turn<()>,
    now: Mutex<Now>,
    log: Mutex<Log>,
    is_running: watch::Sender<bool>,
}

/// How it stands.
#[derive(Debug, Default)]
struct Now {
    state: PipelineState,
    project: Option<ProjectName>,
    group: Option<process::Group>,
    started: Option<SystemTime>,
    ended: Option<SystemTime>,
    exit: Option<ExitStatus>,
    error: Option<ErrorBody>,
}

impl Pipeline {
    /// A command, its program first, that was not started yet, and the project to run it in.
    pub fn new(command: Vec<OsString>, workspace: PathBuf, project: Option<ProjectName>) -> Self {
        Self(Arc::new(Inner {
            command,
            workspace,
            turn: Turn::new(()),
            now: Mutex::new(Now {
                project,
                ..Now::default()
            }),
            log: Mutex::default(),
            is_running: watch::Sender::new(false),
        }))
    }

    /// Starts the command in `project`, or in the one it ran in before; stops it first if it runs.
    ///
    /// # Errors
    /// [`ErrorCode::PipelineWithoutProject`], [`ErrorCode::ProjectNotFound`] or
    /// [`ErrorCode::PipelineFailed`].
    pub async fn start(&self, project: Option<ProjectName>) -> Result<(), ErrorBody> {
        let _turn = self.0.turn.lock().await;
        let project = project
            .or_else(|| self.now().project.clone())
            .ok_or_else(|| ErrorBody::new(ErrorCode::PipelineWithoutProject, ""))?;
        if !self.0.workspace.join(project.as_str()).is_dir() {
            return Err(ErrorBody::new(ErrorCode::ProjectNotFound, project.as_str()));
        }
        self.end(Signal::Terminate).await;
        let started = process::spawn(&self.0.command, &self.0.workspace, &project);
        let mut now = self.now();
        *now = Now {
            project: Some(project),
            started: Some(SystemTime::now()),
            ..Now::default()
        };
        match started {
            Ok(child) => {
                now.state = PipelineState::Running;
                now.group = child.group();
                self.0.is_running.send_replace(true);
                drop(now);
                self.attend(child);
                Ok(())
            }
            Err(error) => {
                let error = ErrorBody::new(ErrorCode::PipelineFailed, &error);
                now.state = PipelineState::Failed;
                now.ended = now.started;
                now.error = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Ends the command with a signal, and by force if it does not end in time; returns when it has
    /// ended.
    pub async fn stop(&self, signal: Signal) {
        let _turn = self.0.turn.lock().await;
        self.end(signal).await;
    }

    /// Passes a signal on to the command, if it runs.
    pub fn pass_on(&self, signal: Signal) {
        if let Some(group) = self.now().group {
            group.send(signal);
        }
    }

    /// Waits until the command has ended and is not just started again; its exit code, or as shells
    /// say it, 128 and the number of the signal that ended it; 2 if it has neither.
    pub async fn ended(&self) -> u8 {
        let mut is_running = self.0.is_running.subscribe();
        loop {
            // The sender is in `self`, so there is always one.
            let _ = is_running.wait_for(|is_running| !is_running).await;
            let _turn = self.0.turn.lock().await;
            if !*is_running.borrow_and_update() {
                break;
            }
        }
        let exit = self.now().exit;
        let code = exit.and_then(|exit| {
            let signal = process::signal_of(exit).map(|signal| 128 + signal);
            exit.code().or(signal)
        });
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
    }

    /// Renames a project by `rename` while the command cannot be started.
    ///
    /// # Errors
    /// [`ErrorCode::Busy`] if the command runs in it, or those of `rename`.
    pub async fn rename<T>(
        &self,
        old: &ProjectName,
        new: &ProjectName,
        rename: impl Future<Output = Result<T, ErrorBody>>,
    ) -> Result<T, ErrorBody> {
        let _turn = self.0.turn.lock().await;
        if self.runs_in(old) {
            return Err(ErrorBody::new(ErrorCode::Busy, old.as_str()));
        }
        let renamed = rename.await?;
        let mut now = self.now();
        if now.project.as_ref() == Some(old) {
            now.project = Some(new.clone());
        }
        Ok(renamed)
    }

    /// Whether the command runs in a project.
    pub fn runs_in(&self, project: &ProjectName) -> bool {
        let now = self.now();
        now.state == PipelineState::Running && now.project.as_ref() == Some(project)
    }

    /// How it stands.
    pub fn told(&self) -> Told {
        let now = self.now();
        Told {
            status: Success::Success,
            state: now.state,
            project_name: now.project.as_ref().map(ToString::to_string),
            command: Some(process::shown(&self.0.command)),
            started: now.started.and_then(time::rfc3339),
            ended: now.ended.and_then(time::rfc3339),
            exit_code: now.exit.and_then(|exit| exit.code()),
            signal: now.exit.and_then(process::signal_of),
            error: now.error.clone(),
            lines: self.log().last(),
        }
    }

    /// The last lines that the command wrote, of those with a number greater than `after`.
    pub fn lines(&self, after: u64) -> Vec<LogLine> {
        self.log().after(after)
    }

    /// Sends a signal and waits until the command and all that it started have ended; the caller
    /// holds the turn.
    async fn end(&self, signal: Signal) {
        let mut is_running = self.0.is_running.subscribe();
        let group = self.now().group;
        self.pass_on(signal);
        let ended = async {
            let _ = is_running.wait_for(|is_running| !is_running).await;
            while group.is_some_and(process::Group::is_alive) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("the pipeline does not end by itself and is ended by force");
            self.pass_on(Signal::Kill);
            let _ = is_running.wait_for(|is_running| !is_running).await;
        }
        self.now().group = None;
    }

    /// Follows a started command until it has ended.
    fn attend(&self, mut child: process::Process) {
        let pipeline = self.clone();
        let outputs = child.outputs().into_iter().map(|(is_error, output)| {
            let pipeline = pipeline.clone();
            log::follow(output, move |text| pipeline.log().push(is_error, text))
        });
        let outputs: Vec<_> = outputs.map(tokio::spawn).collect();
        tokio::spawn(async move {
            let exit = child.wait().await;
            // What it started may go on and keep the outputs open.
            let closed = futures_util::future::join_all(outputs);
            let _ = tokio::time::timeout(LAST_WORDS, closed).await;
            pipeline.log().flush();
            {
                let mut now = pipeline.now();
                now.state = PipelineState::Exited;
                now.group = now.group.filter(|group| group.is_alive());
                now.ended = Some(SystemTime::now());
                now.exit = exit;
            }
            match exit {
                Some(exit) => tracing::info!(%exit, "the pipeline ended"),
                None => tracing::warn!("the pipeline ended; how is not known"),
            }
            pipeline.0.is_running.send_replace(false);
        });
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
