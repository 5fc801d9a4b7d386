//! State of the pipeline command and its output, refreshed with the list of projects.

use leptos::prelude::*;
use podslate_shared::api::{LogLine, Pipeline, PipelineState};

use crate::boxed::spawn;
use crate::client::{self, RequestError};
use crate::store::{Connection, Store};
use crate::toast::Toasts;

/// Maximum number of lines on the page; the server keeps no more.
const MAX_LINES: usize = 500;

/// State of the pipeline command that the parts of the page share.
#[derive(Clone, Copy)]
pub struct PipelineStore {
    /// Status of the command; `None` before the first response.
    pub status: RwSignal<Option<Pipeline>>,
    pub lines: RwSignal<Vec<LogLine>>,
    /// Whether the output is unfolded.
    pub is_open: RwSignal<bool>,
    /// Whether a request to start or stop the command is in progress.
    pub is_busy: RwSignal<bool>,
    store: Store,
    toasts: Toasts,
}

impl PipelineStore {
    /// Store without any data, refreshed whenever a list of projects arrives.
    pub fn new(store: Store, toasts: Toasts) -> Self {
        let pipeline = Self {
            status: RwSignal::new(None),
            lines: RwSignal::new(Vec::new()),
            is_open: RwSignal::new(false),
            is_busy: RwSignal::new(false),
            store,
            toasts,
        };
        Effect::new(move |_| {
            if *store.connection.read() != Connection::Online {
                // The next response may come from another server, with another command.
                pipeline.status.set(None);
                pipeline.lines.set(Vec::new());
            }
        });
        Effect::new(move |_| {
            let is_open = pipeline.is_open.get();
            let status = pipeline.status.read_untracked();
            let has_command = |status: &Pipeline| status.state != PipelineState::None;
            if store.polls.get() > 0 && status.as_ref().is_none_or(has_command) {
                pipeline.refresh(is_open);
            }
        });
        pipeline
    }

    /// Starts or restarts the command (`restart`), or stops it (`stop`).
    pub fn change(self, action: &'static str) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        spawn(async move {
            let result = client::change_pipeline(action).await;
            self.is_busy.set(false);
            match result {
                Ok(status) => self.status.set(Some(status)),
                Err(RequestError::Refused(error)) => self.toasts.failed(error.error),
                // The banner or the token form explains the rest.
                Err(_) => self.store.refresh(),
            }
            self.refresh(self.is_open.get_untracked());
        });
    }

    fn refresh(self, with_lines: bool) {
        spawn(async move {
            // The request for the list reports a server that does not respond.
            let Ok(status) = client::pipeline().await else {
                return;
            };
            let last = self.lines.read_untracked().last().map(|line| line.number);
            let mut last = last.unwrap_or_default();
            // Another server has started since.
            if last > status.lines {
                self.lines.set(Vec::new());
                last = 0;
            }
            if with_lines && status.lines > last {
                self.load_lines(last).await;
            }
            if self.status.read_untracked().as_ref() != Some(&status) {
                self.status.set(Some(status));
            }
        });
    }

    async fn load_lines(self, after: u64) {
        let Ok(log) = client::pipeline_log(after).await else {
            return;
        };
        self.lines.update(|lines| {
            // Two concurrent requests may return the same lines.
            let last = lines.last().map_or(0, |line| line.number);
            lines.extend(log.lines.into_iter().filter(|line| line.number > last));
            lines.drain(..lines.len().saturating_sub(MAX_LINES));
        });
    }
}
