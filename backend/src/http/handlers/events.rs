//! Changes as they happen.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use podslate_shared::api::Reset;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::http::app::App;
use crate::http::handlers::pipeline;
use crate::http::limits::{EVENT_INTERVAL, EVENTS_TIME, KEEP_ALIVE, RETRY};
use crate::http::openapi::errors;
use crate::workspace::Follower;

/// Header with the `id` of the last event that a client has received.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Keeps proxies from collecting events.
const NO_BUFFERING: [(HeaderName, &str); 1] =
    [(HeaderName::from_static("x-accel-buffering"), "no")];

errors!(EventErrors: TOKEN);

/// Changes of the list and of the pipeline, as server-sent events.
///
/// `change` (`Change`) says what has changed in the list since the event before; several changes
/// within a tenth of a second are one event. `reset` (`Reset`) asks the client to read again what it
/// shows: it is the first event unless the client continues with `Last-Event-ID`, and takes the
/// place of changes that are too many or too long ago. `pipeline` has the body of
/// `GET /api/pipeline`. A comment is sent every 15 seconds, and a stream ends after 90, before
/// proxies cut it; the client then continues with `Last-Event-ID`.
#[utoipa::path(get, path = "/api/events", tag = "projects",
    responses((status = 200, content_type = "text/event-stream", body = String), EventErrors))]
pub async fn events(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let last = last.and_then(|id| id.strip_prefix(app.id())?.strip_prefix('-')?.parse().ok());
    let events = Events {
        list: app.config.workspace.follow(),
        sent: last,
        pipeline: app.config.pipeline.as_ref().map(|pipeline| {
            let mut changes = pipeline.changes();
            changes.mark_changed();
            changes
        }),
        stopping: app.stopping(),
        next: Instant::now(),
        end: Instant::now() + EVENTS_TIME,
        app,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    (
        NO_BUFFERING,
        Sse::new(events.stream()).keep_alive(keep_alive),
    )
}

/// A stream of events to one client.
struct Events {
    app: App,
    list: Follower,
    /// Revision that the client knows.
    sent: Option<u64>,
    pipeline: Option<watch::Receiver<()>>,
    stopping: watch::Receiver<bool>,
    /// Time of the next event at the earliest.
    next: Instant,
    end: Instant,
}

/// What happened first.
enum Happened {
    ListChanged,
    PipelineChanged,
    Ended,
}

impl Events {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, async |mut events| {
            let event = events.next().await?;
            Some((Ok(event), events))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        let Some(sent) = self.sent else {
            return Some(self.reset());
        };
        match self.wait(sent).await {
            Happened::Ended => None,
            Happened::PipelineChanged => {
                let status = pipeline::status(&self.app);
                let event = self.event("pipeline", sent);
                event.json_data(status).ok()
            }
            Happened::ListChanged => {
                let Some(change) = self.list.since(sent) else {
                    return Some(self.reset());
                };
                self.sent = Some(change.revision);
                let event = self.event("change", change.revision);
                event.json_data(change).ok()
            }
        }
    }

    async fn wait(&mut self, sent: u64) -> Happened {
        let pipeline_changed = async {
            match &mut self.pipeline {
                Some(changes) => drop(changes.changed().await),
                None => std::future::pending().await,
            }
        };
        let happened = async {
            // What happens until then goes into one event.
            sleep_until(self.next).await;
            tokio::select! {
                () = self.list.changed(sent) => Happened::ListChanged,
                () = pipeline_changed => Happened::PipelineChanged,
            }
        };
        let happened = tokio::select! {
            happened = happened => happened,
            _ = self.stopping.wait_for(|stopping| *stopping) => Happened::Ended,
            () = sleep_until(self.end) => Happened::Ended,
        };
        self.next = Instant::now() + EVENT_INTERVAL;
        happened
    }

    fn reset(&mut self) -> Event {
        let revision = self.list.revision();
        self.sent = Some(revision);
        let event = self.event("reset", revision);
        let event = event.retry(RETRY);
        event.json_data(Reset { revision }).unwrap_or_default()
    }

    fn event(&self, name: &str, revision: u64) -> Event {
        Event::default()
            .event(name)
            .id(format!("{}-{revision}", self.app.id()))
    }
}
