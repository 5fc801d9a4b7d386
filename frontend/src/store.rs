//! State of the page that its parts share, and the requests and events that keep it current.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::api::{Health, ListQuery, Pipeline, ProjectPage, Sort};
use podslate_shared::{ErrorBody, ErrorCode};

use crate::address;
use crate::boxed::spawn;
use crate::client::{self, RequestError};
pub use crate::connection::Connection;
use crate::dom;
use crate::events::{Events, StreamEvent};
use crate::list::List;
use crate::rows;
use crate::schedule::Schedule;
use crate::time;

/// Time between two requests for the list while there are no events, in milliseconds.
const POLL_INTERVAL: u32 = 3_000;
/// Time from the last key in the search field to the request, in milliseconds.
const TYPING_PAUSE: u32 = 150;
/// Time from the disappearance of a project to the look for what has become of it, in milliseconds.
const LOSS_PAUSE: u32 = 500;

/// State that the parts of the page share.
#[derive(Clone, Copy, Default)]
pub struct Store {
    pub connection: RwSignal<Connection>,
    /// Workspace and version of the server, once loaded.
    pub health: RwSignal<Option<Health>>,
    pub list: List,
    pub q: RwSignal<String>,
    pub sort: RwSignal<Sort>,
    /// Name of the project to highlight, because it was just created or renamed.
    pub highlighted: RwSignal<Option<String>>,
    /// Status of the pipeline command; `None` before it is known.
    pub pipeline: RwSignal<Option<Pipeline>>,
    /// Whether this browser has a session.
    pub is_signed_in: RwSignal<bool>,
    /// Whether the session of this browser has ended without signing out.
    pub has_expired: RwSignal<bool>,
    /// Error of the last attempt to sign in.
    pub login_error: RwSignal<Option<RequestError>>,
    /// Number of lists that differed from the one before.
    pub revision: RwSignal<usize>,
    /// Number of lists received without a stream of events.
    pub polls: RwSignal<usize>,
    /// Time that relative times refer to.
    pub now: RwSignal<f64>,
}

thread_local! {
    static CONTROL: RefCell<Control> = RefCell::default();
}

/// State of the requests and of the stream.
#[derive(Default)]
struct Control {
    schedule: Schedule,
    events: Events,
}

impl Store {
    /// Whether the server responds and accepts changes.
    pub fn is_online(self) -> bool {
        let connection = self.connection.read();
        matches!(*connection, Connection::Online | Connection::Failing(_))
    }

    /// Whether the workspace is known to have no projects.
    pub fn is_empty(self) -> bool {
        let info = self.list.info.read();
        let is_none = |count, is_counting: bool| count == 0 && !is_counting;
        let info = info.as_ref().filter(|info| info.q.is_none());
        info.is_some_and(|info| is_none(info.count, info.is_counting))
            && self.list.rows.read().is_empty()
    }

    /// Whether the server reports changes.
    pub fn is_streaming(self) -> bool {
        CONTROL.with_borrow_mut(|control| control.events.is_connected())
    }

    /// Requests the list now, and drops the response to an earlier request.
    pub fn refresh(self) {
        let begin = |control: &mut Control| control.schedule.begin(time::now());
        let request = CONTROL.with_borrow_mut(begin);
        let sort = self.sort.get_untracked();
        let query = self.list.query(&self.q.read_untracked(), sort);
        self.list.begin();
        spawn(async move {
            let result = client::list(&query).await;
            let end = |control: &mut Control| control.schedule.end(request);
            if !CONTROL.with_borrow_mut(end) {
                return;
            }
            match result {
                Ok(page) => self.apply(query, page),
                Err(error) => self.fail(error),
            }
        });
    }

    /// Requests rows that have come into view.
    pub fn load(self) {
        let is_failing = CONTROL.with_borrow_mut(|control| control.schedule.backoff().is_some());
        if !is_failing && self.wait().is_some() {
            self.refresh();
        }
    }

    /// Searches once typing pauses.
    pub fn search(self, q: String) {
        self.set_q(q);
        self.list.aim(None, false);
        self.list.show_first();
        self.refresh_after(TYPING_PAUSE);
    }

    /// Changes the order of the list.
    pub fn sort_by(self, sort: Sort) {
        self.sort.set(sort);
        address::write(&self.q.read_untracked(), sort, true);
        self.list.aim(None, false);
        self.list.show_first();
        self.refresh();
    }

    /// Takes search and order from the page's address.
    pub fn read_address(self) {
        let (q, sort) = address::read();
        self.q.set(q);
        self.sort.set(sort);
    }

    /// Shows the list of the page's address, to which the browser has gone back.
    pub fn restore(self) {
        self.read_address();
        self.list.aim(None, false);
        self.list.show_first();
        self.refresh();
    }

    /// Sets the search; one begins and ends with a step that the browser can go back.
    fn set_q(self, q: String) {
        let is_step = q.is_empty() != self.q.read_untracked().is_empty();
        address::write(&q, self.sort.get_untracked(), is_step);
        self.q.set(q);
    }

    /// Signs in with a token and requests the list.
    pub fn sign_in(self, token: String) {
        spawn(async move {
            self.login_error.set(client::login(token).await.err());
            self.refresh();
        });
    }

    /// Ends the session and clears the list.
    pub fn sign_out(self) {
        spawn(async move {
            // Without a response the session still exists; the banner says that there was none.
            if client::logout().await.is_ok() {
                self.close_stream();
                self.list.clear();
                self.is_signed_in.set(false);
            }
            self.refresh();
        });
    }

    /// Scrolls to a project that was just created, and highlights it.
    pub fn created(self, name: String) {
        self.highlight(name, false);
    }

    /// Shows a project under its new name, scrolls to its row and focuses it.
    pub fn renamed(self, old: &str, new: String) {
        self.list.rename(old, &new);
        dom::show_row(new.clone(), true);
        self.highlight(new, true);
    }

    fn highlight(self, name: String, focus: bool) {
        if !rows::matches(&name, &self.q.read_untracked()) {
            self.set_q(String::new());
        }
        self.highlighted.set(Some(name.clone()));
        self.list.aim(Some(name), focus);
        self.refresh();
    }

    /// Continues because the page is in view.
    pub fn resume(self) {
        self.now.set(time::now());
        self.refresh();
    }

    /// Closes the stream unless the page is in view again soon.
    pub fn pause(self) {
        let close = move || {
            if !dom::is_visible() {
                self.close_stream();
            }
        };
        CONTROL.with_borrow_mut(|control| control.events.hide(close));
    }

    /// Brings relative times up to date, and notices a connection that was lost in silence.
    pub fn tick(self) {
        if !dom::is_visible() {
            return;
        }
        self.now.set(time::now());
        if CONTROL.with_borrow_mut(|control| control.events.is_lost()) {
            self.close_stream();
            self.refresh();
        }
    }

    fn apply(self, query: ListQuery, page: ProjectPage) {
        let was_online = self.connection.get_untracked() == Connection::Online;
        CONTROL.with_borrow_mut(|control| control.schedule.record(false));
        if !was_online {
            self.connection.set(Connection::Online);
            self.has_expired.set(false);
            self.now.set(time::now());
            self.load_server_info();
        }
        if self.list.apply(query, page) || !was_online {
            self.revision.update(|revision| *revision += 1);
        }
        if !self.is_streaming() {
            self.polls.update(|polls| *polls += 1);
        }
        if dom::is_visible() {
            let handler = move |event| self.on_event(event);
            CONTROL.with_borrow_mut(|control| control.events.open(handler));
        }
        let is_due = CONTROL.with_borrow_mut(|control| control.schedule.is_due());
        if is_due || self.list.lacks_rows() {
            self.follow();
        } else if self.has_to_poll() {
            self.poll_after(POLL_INTERVAL);
        }
    }

    fn fail(self, error: RequestError) {
        CONTROL.with_borrow_mut(|control| control.schedule.record(true));
        if !matches!(error, RequestError::Refused(_)) {
            self.close_stream();
        }
        if error == RequestError::Unauthorized {
            if self.is_signed_in.get_untracked() {
                self.has_expired.set(true);
            }
            self.is_signed_in.set(false);
        }
        let connection = error.into();
        if connection != *self.connection.read_untracked() {
            self.connection.set(connection);
        }
        let backoff = CONTROL.with_borrow_mut(|control| control.schedule.backoff());
        self.poll_after(backoff.unwrap_or(POLL_INTERVAL));
    }

    fn load_server_info(self) {
        spawn(async move {
            if let Ok(health) = client::health().await {
                self.health.set(Some(health));
            }
            if let Ok(session) = client::session().await {
                self.is_signed_in.set(session.signed_in);
            }
        });
    }

    fn close_stream(self) {
        CONTROL.with_borrow_mut(|control| control.events.close());
    }

    fn on_event(self, event: StreamEvent) {
        match event {
            StreamEvent::Connected => {
                CONTROL.with_borrow_mut(|control| control.events.connected());
                if !self.is_online_now() {
                    self.refresh();
                }
            }
            StreamEvent::Interrupted => {
                let wait = |control: &mut Control| control.events.interrupted();
                // The list tells a server that is gone from one that only ended the stream.
                if let Some(wait) = CONTROL.with_borrow_mut(wait) {
                    self.poll_after(wait);
                }
            }
            StreamEvent::Refused => {
                CONTROL.with_borrow_mut(|control| control.events.refused());
                self.poll_after(0);
            }
            StreamEvent::Reset => {
                CONTROL.with_borrow_mut(|control| control.schedule.cancel());
                self.list.reset();
                self.follow();
            }
            StreamEvent::Changed(change) => {
                self.list.follow(&change);
                if let Some(name) = self.list.lost(&change) {
                    let look = move || self.look_for(name);
                    Timeout::new(LOSS_PAUSE, look).forget();
                }
                if self.list.patch(&change, self.sort.get_untracked()) {
                    self.follow();
                }
            }
            StreamEvent::Pipeline(pipeline) => self.pipeline.set(Some(pipeline)),
        }
    }

    /// Finds out whether a project still exists.
    fn look_for(self, name: String) {
        spawn(async move {
            let Ok(check) = client::check(&name).await else {
                return;
            };
            let is_other = |problem: &ErrorBody| problem.code == ErrorCode::NameInvalid;
            if check.available || check.problem.as_ref().is_some_and(is_other) {
                self.list.lose(name);
            }
        });
    }

    fn is_online_now(self) -> bool {
        *self.connection.read_untracked() == Connection::Online
    }

    /// Whether changes of the list are not reported.
    fn has_to_poll(self) -> bool {
        let info = self.list.info.read_untracked();
        let is_unfinished = info
            .as_ref()
            .is_some_and(|info| info.is_counting || info.as_of.is_some());
        is_unfinished || !self.is_online_now() || !self.is_streaming()
    }

    /// Requests the list after a change, but few times per second.
    fn follow(self) {
        if let Some(wait) = self.wait() {
            self.refresh_after(wait);
        }
    }

    fn wait(self) -> Option<u32> {
        let wait = |control: &mut Control| control.schedule.wait(time::now());
        CONTROL.with_borrow_mut(wait)
    }

    fn refresh_after(self, milliseconds: u32) {
        let timer = Timeout::new(milliseconds, move || self.refresh());
        CONTROL.with_borrow_mut(|control| control.schedule.next = Some(timer));
    }

    /// Requests the list after a time, unless changes are reported by then.
    fn poll_after(self, milliseconds: u32) {
        let timer = Timeout::new(milliseconds, move || {
            // A hidden page continues when it is shown, a locked one when someone signs in.
            let is_locked = *self.connection.read_untracked() == Connection::Unauthorized;
            if !is_locked && dom::is_visible() && self.has_to_poll() {
                self.refresh();
            }
        });
        CONTROL.with_borrow_mut(|control| control.schedule.poll = Some(timer));
    }
}
