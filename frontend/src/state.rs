//! What the page knows of the workspace, and how it keeps up with it.

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use podslate_shared::ErrorBody;
use podslate_shared::api::{Health, ListQuery, ProjectPage, ProjectSummary, Sort};

use crate::client::{Client, Failure};
use crate::dom;
use crate::list::{self, Keep, Row};
use crate::live::spawn;
use crate::time;

/// Projects on the first page of the list.
pub const FIRST_PAGE: usize = 100;
/// At most so many more projects at a time; more would be felt.
const STEP: usize = 400;
/// Milliseconds between two looks at the workspace.
const INTERVAL: u32 = 3_000;
/// Milliseconds from the last key in the search to the request.
const TYPING: u32 = 150;
/// Milliseconds after which "ago" is worked out anew.
const CLOCK: f64 = 15_000.0;
/// Milliseconds before the first, second, … try to reach a server that does not answer.
const BACKOFF: [u32; 5] = [1_000, 2_000, 3_000, 5_000, 10_000];

/// How it stands between the page and the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Connection {
    /// The first answer is awaited.
    Connecting,
    /// The list is current.
    Online,
    /// No answer.
    Unreachable,
    /// A token is needed.
    Unauthorized,
    /// The server answers, but cannot list the workspace.
    Failing(ErrorBody),
}

/// What the list on the page is an answer to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The question.
    pub query: ListQuery,
    /// How many projects match in all.
    pub count: usize,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// Everything the parts of the page share.
#[derive(Clone, Copy)]
pub struct Store {
    /// The way to the server.
    pub client: Client,
    /// How it stands.
    pub connection: RwSignal<Connection>,
    /// Who the server is, once it said so.
    pub health: RwSignal<Option<Health>>,
    /// The list.
    pub rows: RwSignal<Vec<Row>>,
    /// What the list answers; `None` before the first answer.
    pub answered: RwSignal<Option<Answered>>,
    /// What is searched for.
    pub q: RwSignal<String>,
    /// How many projects are asked for.
    pub limit: RwSignal<usize>,
    /// The project whose name is being edited.
    pub renaming: RwSignal<Option<String>>,
    /// The project to point out, because it was just made or renamed.
    pub fresh: RwSignal<Option<String>>,
    /// Whether this browser has a session.
    pub is_signed_in: RwSignal<bool>,
    /// Why the last token was not accepted.
    pub rejection: RwSignal<Option<String>>,
    /// Goes up whenever the names in the workspace changed.
    pub revision: RwSignal<usize>,
    /// Goes up whenever the workspace was looked at.
    pub looks: RwSignal<usize>,
    /// The time that "ago" counts from.
    pub now: RwSignal<f64>,
    poll: StoredValue<Poll, LocalStorage>,
}

/// What is nobody's but the polling's.
#[derive(Default)]
struct Poll {
    run: u32,
    failures: usize,
    timer: Option<Timeout>,
    sort: Sort,
    made: Option<Made>,
}

/// A project that was just made or renamed.
#[derive(Clone)]
struct Made {
    project: ProjectSummary,
    focus: bool,
    is_shown: bool,
}

impl Store {
    /// A store that knows nothing yet.
    pub fn new() -> Self {
        Self {
            client: Client,
            is_signed_in: RwSignal::new(false),
            connection: RwSignal::new(Connection::Connecting),
            health: RwSignal::new(None),
            rows: RwSignal::new(Vec::new()),
            answered: RwSignal::new(None),
            q: RwSignal::new(String::new()),
            limit: RwSignal::new(FIRST_PAGE),
            renaming: RwSignal::new(None),
            fresh: RwSignal::new(None),
            rejection: RwSignal::new(None),
            revision: RwSignal::new(0),
            looks: RwSignal::new(0),
            now: RwSignal::new(time::now()),
            poll: StoredValue::new_local(Poll::default()),
        }
    }

    /// Whether the server answers and changes can be asked of it.
    pub fn is_online(self) -> bool {
        matches!(
            *self.connection.read(),
            Connection::Online | Connection::Failing(_)
        )
    }

    /// Looks at the workspace now, and from then on regularly.
    pub fn refresh(self) {
        let Some(run) = self.poll.try_update_value(|poll| {
            poll.run += 1;
            poll.timer = None;
            poll.run
        }) else {
            return;
        };
        let query = self.query();
        spawn(async move {
            let answer = self.client.list(&query).await;
            if self.poll.with_value(|poll| poll.run) != run {
                return;
            }
            match answer {
                Ok(page) => self.take(query, &page),
                Err(failure) => self.fail(failure),
            }
            self.schedule();
        });
    }

    /// Searches, once the typing pauses.
    pub fn search(self, q: String) {
        self.q.set(q);
        self.poll.update_value(|poll| poll.made = None);
        self.limit.set(FIRST_PAGE);
        self.wait(TYPING);
    }

    /// Orders the list anew.
    pub fn order(self, sort: Sort) {
        self.poll.update_value(|poll| {
            poll.sort = sort;
            poll.made = None;
        });
        self.refresh();
    }

    /// Shows more of the list.
    pub fn more(self) {
        self.limit.update(|limit| *limit += (*limit).min(STEP));
        self.refresh();
    }

    /// Signs in with a token and looks at the workspace.
    pub fn authorize(self, token: String) {
        spawn(async move {
            self.rejection.set(match self.client.login(token).await {
                Ok(_) => None,
                Err(Failure::Refused(error)) => Some(format!(
                    "{} {}",
                    error.error,
                    error.hint.unwrap_or_default()
                )),
                Err(_) => Some("The pod does not accept this token.".to_owned()),
            });
            self.refresh();
        });
    }

    /// Ends the session and shows what someone without one sees.
    pub fn sign_out(self) {
        spawn(async move {
            // Without an answer the session is still there, and the page says that nobody answers.
            if self.client.logout().await.is_ok() {
                self.rows.set(Vec::new());
                self.answered.set(None);
                self.is_signed_in.set(false);
            }
            self.refresh();
        });
    }

    /// Points out a project that was just made.
    pub fn created(self, name: String, path: String) {
        self.point_out(list::newborn(name, path), false);
        self.refresh();
    }

    /// Puts a project under its new name, in its row, and the focus back there.
    pub fn renamed(self, old: &str, new: String, path: String) {
        let mut rows = self.rows.get_untracked();
        let mut project = list::newborn(new, path);
        if let Some(row) = rows.iter_mut().find(|row| row.name == old) {
            let before = row.project.get_untracked();
            project = ProjectSummary {
                name: project.name,
                path: project.path,
                ..before
            };
            *row = Row::new(project.clone());
        }
        self.renaming.set(None);
        self.rows.set(rows);
        dom::show_row(project.name.clone(), true);
        self.point_out(project, true);
        self.refresh();
    }

    fn point_out(self, project: ProjectSummary, focus: bool) {
        if !list::matches(&project.name, &self.q.read_untracked()) {
            self.q.set(String::new());
        }
        self.fresh.set(Some(project.name.clone()));
        let made = Made {
            project,
            focus,
            is_shown: false,
        };
        self.poll.update_value(|poll| poll.made = Some(made));
    }

    fn query(self) -> ListQuery {
        ListQuery {
            q: Some(self.q.get_untracked()).filter(|q| !q.is_empty()),
            sort: self.poll.with_value(|poll| poll.sort),
            limit: Some(self.limit.get_untracked()),
            after: None,
        }
    }

    fn take(self, query: ListQuery, page: &ProjectPage) {
        let was_online = self.connection.get_untracked() == Connection::Online;
        self.poll.update_value(|poll| poll.failures = 0);
        if time::now() - self.now.get_untracked() > CLOCK {
            self.now.set(time::now());
        }
        if !was_online {
            self.connection.set(Connection::Online);
            self.greet();
        }
        self.looks.update(|looks| *looks += 1);
        let renaming = self.renaming.get_untracked();
        let made = self.poll.with_value(|poll| poll.made.clone());
        let keep = Keep {
            renaming: renaming.as_deref(),
            made: made.as_ref().map(|made| &made.project),
        };
        let rows = list::reconcile(&self.rows.read_untracked(), page, keep);
        if !was_online || !list::is_same(&rows, &self.rows.read_untracked()) {
            self.rows.set(rows);
            self.revision.update(|revision| *revision += 1);
        }
        let answered = Some(Answered {
            query,
            count: page.count,
            more: page.next.is_some(),
        });
        if answered != *self.answered.read_untracked() {
            self.answered.set(answered);
        }
        if let Some(made) = made.filter(|made| !made.is_shown) {
            dom::show_row(made.project.name, made.focus);
            self.poll.update_value(|poll| {
                if let Some(made) = &mut poll.made {
                    made.is_shown = true;
                }
            });
        }
    }

    fn fail(self, failure: Failure) {
        self.poll.update_value(|poll| poll.failures += 1);
        let connection = match failure {
            Failure::Refused(error) => Connection::Failing(error),
            Failure::Unauthorized => Connection::Unauthorized,
            Failure::Unreachable => Connection::Unreachable,
        };
        if connection != *self.connection.read_untracked() {
            self.connection.set(connection);
        }
    }

    fn greet(self) {
        spawn(async move {
            if let Ok(health) = self.client.health().await {
                self.health.set(Some(health));
            }
            if let Ok(session) = self.client.session().await {
                self.is_signed_in.set(session.signed_in);
            }
        });
    }

    fn schedule(self) {
        let failures = self.poll.with_value(|poll| poll.failures);
        let is_locked = *self.connection.read_untracked() == Connection::Unauthorized;
        match failures {
            // Nobody looks, or nothing helps but a token: an event goes on from here.
            _ if is_locked || !dom::is_visible() => {}
            0 => self.wait(INTERVAL),
            failures => self.wait(BACKOFF[failures.min(BACKOFF.len()) - 1]),
        }
    }

    fn wait(self, milliseconds: u32) {
        let timer = Timeout::new(milliseconds, move || self.refresh());
        self.poll.update_value(|poll| poll.timer = Some(timer));
    }
}

/// Where a project would be, as long as the server did not say it.
pub fn expected_path(workspace: &str, project: &str) -> String {
    let separator = if workspace.contains('\\') { '\\' } else { '/' };
    let workspace = workspace.trim_end_matches(separator);
    format!("{workspace}{separator}{project}")
}
