//! State of the pipeline command and its output, refreshed by events, and without a stream of them
//! with the list of projects.

use leptos::prelude::*;
use podslate_shared::api::{LogLine, Pipeline, PipelineState};

use crate::boxed::{effect, spawn};
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
    /// Whether a request for lines is in progress.
    is_loading: StoredValue<bool>,
    store: Store,
    toasts: Toasts,
}

impl PipelineStore {
    /// Store without any data.
    pub fn new(store: Store, toasts: Toasts) -> Self {
        let pipeline = Self {
            status: store.pipeline,
            lines: RwSignal::new(Vec::new()),
            is_open: RwSignal::new(false),
            is_busy: RwSignal::new(false),
            is_loading: StoredValue::new(false),
            store,
            toasts,
        };
        effect(move || {
            let connection = store.connection.read();
            if matches!(
                *connection,
                Connection::Unreachable | Connection::Unauthorized
            ) {
                // The next response may come from another server, with another command.
                pipeline.status.set(None);
                pipeline.lines.set(Vec::new());
            }
        });
        effect(move || {
            let status = pipeline.status.read_untracked();
            let has_command = |status: &Pipeline| status.state != PipelineState::None;
            if store.polls.get() > 0 && status.as_ref().is_none_or(has_command) {
                pipeline.refresh();
            }
        });
        effect(move || {
            pipeline.status.track();
            if pipeline.is_open.get() {
                pipeline.load_lines();
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
        });
    }

    fn refresh(self) {
        spawn(async move {
            // The request for the list reports a server that does not respond.
            if let Ok(status) = client::pipeline().await
                && self.status.read_untracked().as_ref() != Some(&status)
            {
                self.status.set(Some(status));
            }
        });
    }

    /// Loads the lines that have been written since.
    fn load_lines(self) {
        let status = self.status.read_untracked();
        let written = status.as_ref().map_or(0, |status| status.lines);
        let last = self.lines.read_untracked().last().map(|line| line.number);
        let last = last.unwrap_or_default();
        if last > written {
            // Another server has started since.
            self.lines.set(Vec::new());
        }
        let last = if last > written { 0 } else { last };
        if written == 0 || self.is_loading.get_value() {
            return;
        }
        self.is_loading.set_value(true);
        spawn(async move {
            // The last line may have been replaced, as a progress bar does.
            let log = client::pipeline_log(last.saturating_sub(1)).await;
            self.is_loading.set_value(false);
            let new = log.map(|log| log.lines).unwrap_or_default();
            let has_more = new.last().is_some_and(|line| line.number > last);
            let is_other = self
                .lines
                .with_untracked(|lines| new.iter().any(|line| !lines.contains(line)));
            if is_other {
                self.lines.update(|lines| merge(lines, new));
            }
            // More may have been written meanwhile.
            if has_more {
                self.load_lines();
            }
        });
    }
}

/// Takes lines into a list; one that is known already takes the place of the earlier one.
fn merge(lines: &mut Vec<LogLine>, new: Vec<LogLine>) {
    for line in new {
        let at = lines.partition_point(|known| known.number < line.number);
        match lines.get_mut(at) {
            Some(known) if known.number == line.number => *known = line,
            _ => lines.insert(at, line),
        }
    }
    lines.drain(..lines.len().saturating_sub(MAX_LINES));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, text: &str) -> LogLine {
        LogLine {
            number,
            replaces: None,
            is_error: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_line_that_comes_again_is_replaced() {
        let mut lines = vec![line(1, "a"), line(2, "10%")];
        merge(&mut lines, vec![line(2, "20%"), line(3, "b")]);
        assert_eq!(lines, [line(1, "a"), line(2, "20%"), line(3, "b")]);
        let many = (4..=600).map(|number| line(number, "x")).collect();
        merge(&mut lines, many);
        assert_eq!((lines.len(), lines[0].number), (MAX_LINES, 101));
    }
}
