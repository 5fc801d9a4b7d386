//! State of the page that its parts share, and the polling that keeps it current.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::ErrorBody;
use podslate_shared::api::{Health, ListQuery, ProjectPage, ProjectSummary, Sort};

use crate::boxed::spawn;
use crate::client::{self, RequestError};
use crate::dom;
use crate::rows::{self, Keep, Row};
use crate::time;

/// Number of projects on the first page of the list.
const FIRST_PAGE: usize = 100;
/// Maximum number of projects to add at a time; more would make the page slow.
const MAX_STEP: usize = 400;
/// Time between two requests for the list, in milliseconds.
const POLL_INTERVAL: u32 = 3_000;
/// Time from the last key in the search field to the request, in milliseconds.
const TYPING_PAUSE: u32 = 150;
/// Time after which relative times are computed again, in milliseconds.
const CLOCK_INTERVAL: f64 = 15_000.0;
/// Times before the first, second, … attempt to reach a server that does not respond, in
/// milliseconds.
const BACKOFF: [u32; 5] = [1_000, 2_000, 3_000, 5_000, 10_000];

/// State of the connection to the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Connection {
    #[default]
    Connecting,
    /// The list is current.
    Online,
    Unreachable,
    /// A token is required.
    Unauthorized,
    /// The server responds but cannot list the workspace.
    Failing(ErrorBody),
}

impl From<RequestError> for Connection {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused(error) => Self::Failing(error),
            RequestError::Unauthorized => Self::Unauthorized,
            RequestError::Unreachable => Self::Unreachable,
        }
    }
}

/// Description of the list on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct ListInfo {
    pub query: ListQuery,
    /// Number of projects that match the query.
    pub count: usize,
    /// Whether more projects match than the list has.
    pub has_more: bool,
}

/// State that the parts of the page share.
#[derive(Clone, Copy, Default)]
pub struct Store {
    pub connection: RwSignal<Connection>,
    /// Workspace and version of the server, once loaded.
    pub health: RwSignal<Option<Health>>,
    pub rows: RwSignal<Vec<Row>>,
    /// Description of the list; `None` before the first response.
    pub list: RwSignal<Option<ListInfo>>,
    pub q: RwSignal<String>,
    /// Maximum number of projects in the list.
    pub limit: RwSignal<usize>,
    /// Name of the project that is being renamed.
    pub renaming: RwSignal<Option<String>>,
    /// Name of the project to highlight, because it was just created or renamed.
    pub highlighted: RwSignal<Option<String>>,
    /// Whether this browser has a session.
    pub is_signed_in: RwSignal<bool>,
    /// Error of the last attempt to sign in.
    pub login_error: RwSignal<Option<RequestError>>,
    /// Number of changes to the names in the list.
    pub revision: RwSignal<usize>,
    /// Number of lists received.
    pub polls: RwSignal<usize>,
    /// Time that relative times refer to.
    pub now: RwSignal<f64>,
    poll: StoredValue<Poll, LocalStorage>,
}

/// State of the polling.
#[derive(Default)]
struct Poll {
    /// Number of the last request; responses to earlier ones are dropped.
    request: u32,
    failures: usize,
    timer: Option<Timeout>,
    sort: Sort,
    recent: Option<Recent>,
}

/// Project that was just created or renamed.
#[derive(Clone)]
struct Recent {
    project: ProjectSummary,
    /// Whether its row takes the focus.
    focus: bool,
    is_shown: bool,
}

impl Store {
    /// Store without any data.
    pub fn new() -> Self {
        let store = Self::default();
        store.limit.set(FIRST_PAGE);
        store
    }

    /// Whether the server responds and accepts changes.
    pub fn is_online(self) -> bool {
        let connection = self.connection.read();
        matches!(*connection, Connection::Online | Connection::Failing(_))
    }

    /// Whether the workspace is known to have no projects.
    pub fn is_empty(self) -> bool {
        let is_none = |list: &ListInfo| list.query.q.is_none() && list.count == 0;
        self.list.read().as_ref().is_some_and(is_none) && self.rows.read().is_empty()
    }

    /// Requests the list now, and regularly after that.
    pub fn refresh(self) {
        let Some(request) = self.poll.try_update_value(|poll| {
            poll.request += 1;
            poll.timer = None;
            poll.request
        }) else {
            return;
        };
        let query = self.query();
        spawn(async move {
            let result = client::list(&query).await;
            if self.poll.with_value(|poll| poll.request) != request {
                return;
            }
            match result {
                Ok(page) => self.apply(query, &page),
                Err(error) => self.fail(error),
            }
            self.schedule();
        });
    }

    /// Searches once typing pauses.
    pub fn search(self, q: String) {
        self.q.set(q);
        self.poll.update_value(|poll| poll.recent = None);
        self.limit.set(FIRST_PAGE);
        self.refresh_after(TYPING_PAUSE);
    }

    /// Changes the order of the list.
    pub fn sort_by(self, sort: Sort) {
        self.poll.update_value(|poll| {
            poll.sort = sort;
            poll.recent = None;
        });
        self.refresh();
    }

    /// Adds projects to the list.
    pub fn show_more(self) {
        self.limit.update(|limit| *limit += (*limit).min(MAX_STEP));
        self.refresh();
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
                self.rows.set(Vec::new());
                self.list.set(None);
                self.is_signed_in.set(false);
            }
            self.refresh();
        });
    }

    /// Highlights a project that was just created.
    pub fn created(self, name: String, path: String) {
        self.highlight(rows::new_summary(name, path), false);
        self.refresh();
    }

    /// Shows a project under its new name in the same row, and focuses that row.
    pub fn renamed(self, old: &str, new: String, path: String) {
        let mut rows = self.rows.get_untracked();
        let mut project = rows::new_summary(new, path);
        if let Some(row) = rows.iter_mut().find(|row| row.name == old) {
            project = ProjectSummary {
                name: project.name,
                path: project.path,
                ..row.project.get_untracked()
            };
            *row = Row::new(project.clone());
        }
        self.renaming.set(None);
        self.rows.set(rows);
        dom::show_row(project.name.clone(), true);
        self.highlight(project, true);
        self.refresh();
    }

    fn highlight(self, project: ProjectSummary, focus: bool) {
        if !rows::matches(&project.name, &self.q.read_untracked()) {
            self.q.set(String::new());
        }
        self.highlighted.set(Some(project.name.clone()));
        let recent = Recent {
            project,
            focus,
            is_shown: false,
        };
        self.poll.update_value(|poll| poll.recent = Some(recent));
    }

    fn query(self) -> ListQuery {
        ListQuery {
            q: Some(self.q.get_untracked()).filter(|q| !q.is_empty()),
            sort: self.poll.with_value(|poll| poll.sort),
            limit: Some(self.limit.get_untracked()),
            after: None,
        }
    }

    fn apply(self, query: ListQuery, page: &ProjectPage) {
        let was_online = self.connection.get_untracked() == Connection::Online;
        self.poll.update_value(|poll| poll.failures = 0);
        if time::now() - self.now.get_untracked() > CLOCK_INTERVAL {
            self.now.set(time::now());
        }
        if !was_online {
            self.connection.set(Connection::Online);
            self.load_server_info();
        }
        self.polls.update(|polls| *polls += 1);
        let recent = self.poll.with_value(|poll| poll.recent.clone());
        self.apply_rows(page, recent.as_ref(), was_online);
        let list = Some(ListInfo {
            query,
            count: page.count,
            has_more: page.next.is_some(),
        });
        if list != *self.list.read_untracked() {
            self.list.set(list);
        }
        if let Some(recent) = recent.filter(|recent| !recent.is_shown) {
            dom::show_row(recent.project.name, recent.focus);
            self.poll.update_value(|poll| {
                if let Some(recent) = &mut poll.recent {
                    recent.is_shown = true;
                }
            });
        }
    }

    fn apply_rows(self, page: &ProjectPage, recent: Option<&Recent>, was_online: bool) {
        let renaming = self.renaming.get_untracked();
        let keep = Keep {
            renaming: renaming.as_deref(),
            recent: recent.map(|recent| &recent.project),
        };
        let rows = rows::reconcile(&self.rows.read_untracked(), page, keep);
        if !was_online || !rows::is_same(&rows, &self.rows.read_untracked()) {
            self.rows.set(rows);
            self.revision.update(|revision| *revision += 1);
        }
    }

    fn fail(self, error: RequestError) {
        self.poll.update_value(|poll| poll.failures += 1);
        let connection = error.into();
        if connection != *self.connection.read_untracked() {
            self.connection.set(connection);
        }
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

    fn schedule(self) {
        let is_locked = *self.connection.read_untracked() == Connection::Unauthorized;
        // A hidden page continues when it is shown, a locked one when someone signs in.
        if is_locked || !dom::is_visible() {
            return;
        }
        self.refresh_after(match self.poll.with_value(|poll| poll.failures) {
            0 => POLL_INTERVAL,
            failures => BACKOFF[failures.min(BACKOFF.len()) - 1],
        });
    }

    fn refresh_after(self, milliseconds: u32) {
        let timer = Timeout::new(milliseconds, move || self.refresh());
        self.poll.update_value(|poll| poll.timer = Some(timer));
    }
}
