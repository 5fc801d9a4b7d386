//! What the page knows of the command that the server runs, and how it keeps up with it.

use leptos::prelude::*;
use podslate_shared::api::{LogLine, Pipeline, PipelineState};

use crate::client::Failure;
use crate::live::spawn;
use crate::state::{Connection, Store};
use crate::toast::Toasts;

/// So many lines are shown; the server keeps no more.
const LINES: usize = 500;

/// What the parts of the page share about the command.
#[derive(Clone, Copy)]
pub struct PipelineStore {
    /// How it stands; `None` before the first answer.
    pub now: RwSignal<Option<Pipeline>>,
    /// The last lines that it wrote.
    pub lines: RwSignal<Vec<LogLine>>,
    /// Whether someone reads the lines.
    pub is_open: RwSignal<bool>,
    /// Whether a request to start or stop it is under way.
    pub is_busy: RwSignal<bool>,
    store: Store,
    toasts: Toasts,
}

impl PipelineStore {
    /// Knows nothing yet, and looks whenever the list is looked at.
    pub fn new(store: Store, toasts: Toasts) -> Self {
        let new = Self {
            now: RwSignal::new(None),
            lines: RwSignal::new(Vec::new()),
            is_open: RwSignal::new(false),
            is_busy: RwSignal::new(false),
            store,
            toasts,
        };
        Effect::new(move |_| {
            if *store.connection.read() != Connection::Online {
                // Another server may answer next, with another command.
                new.now.set(None);
                new.lines.set(Vec::new());
            }
        });
        Effect::new(move |_| {
            store.looks.track();
            let is_open = new.is_open.get();
            if store.looks.get_untracked() > 0 && new.state() != Some(PipelineState::None) {
                new.look(is_open);
            }
        });
        new
    }

    /// How it stands, in one word.
    pub fn state(self) -> Option<PipelineState> {
        self.now.read_untracked().as_ref().map(|now| now.state)
    }

    /// Starts the command, or starts it again.
    pub fn restart(self) {
        self.change("restart");
    }

    /// Ends the command.
    pub fn stop(self) {
        self.change("stop");
    }

    fn change(self, what: &'static str) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        spawn(async move {
            let answer = self.store.client.change_pipeline(what).await;
            self.is_busy.set(false);
            match answer {
                Ok(now) => self.now.set(Some(now)),
                Err(Failure::Refused(error)) => self.toasts.failed(&error.error),
                // The banner and the form for the token say the rest.
                Err(_) => self.store.refresh(),
            }
            self.look(self.is_open.get_untracked());
        });
    }

    fn look(self, with_lines: bool) {
        spawn(async move {
            // That the server is away is noticed by who asks for the list.
            let Ok(now) = self.store.client.pipeline().await else {
                return;
            };
            let last = self.lines.read_untracked().last().map(|line| line.number);
            let is_new_server = last.is_some_and(|last| last > now.lines);
            if is_new_server {
                self.lines.set(Vec::new());
            }
            let known = last.filter(|_| !is_new_server).unwrap_or_default();
            if with_lines && now.lines > known {
                self.take_lines(known).await;
            }
            if *self.now.read_untracked() != Some(now.clone()) {
                self.now.set(Some(now));
            }
        });
    }

    async fn take_lines(self, known: u64) {
        let Ok(log) = self.store.client.pipeline_log(known).await else {
            return;
        };
        self.lines.update(|lines| {
            // Two looks at once may both bring the same lines.
            let last = lines.last().map_or(0, |line| line.number);
            lines.extend(log.lines.into_iter().filter(|line| line.number > last));
            lines.drain(..lines.len().saturating_sub(LINES));
        });
    }
}
