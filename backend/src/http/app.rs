//! Configuration and state of a server, shared by the handlers.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;
use podslate_shared::api::{KeptReason, ListQuery};
use podslate_shared::{Created, Error, FolderName, ProjectName, Renamed};
use tokio::sync::{Semaphore, watch};
use tower_http::csrf::CsrfLayer;

use super::budget::Budget;
use super::limits::{MAX_CHANGES, MAX_READS, SMALL_PAGE};
use super::repeats::Repeats;
use super::sessions::Sessions;
use super::to_end::run_to_end;
use super::token::Token;
use crate::pipeline::Pipeline;
use crate::startup::DEFAULT_PROJECT;
use crate::workspace::{Answer, Workspace};

/// Configuration of a server.
#[derive(Debug)]
pub struct Config {
    /// Workspace that is served.
    pub workspace: Workspace,
    /// Token that the API requires; without it, everyone who can connect has access.
    pub token: Option<Token>,
    /// Host names, without a port, that browsers reach the server by, besides loopback names and IP
    /// addresses.
    pub hosts: BTreeSet<String>,
    /// Other sites whose pages may use the API, with the token; sessions are not shared with them.
    pub origins: Vec<Origin>,
    /// Command that runs beside the server.
    pub pipeline: Option<Pipeline>,
    /// Project that may be renamed instead of creating a second one, as long as it is pristine.
    pub default_project: Option<ProjectName>,
}

impl Config {
    /// A server for `workspace` that answers on loopback names and IP addresses only and requires
    /// no token.
    pub fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            token: None,
            hosts: BTreeSet::new(),
            origins: Vec::new(),
            pipeline: None,
            default_project: ProjectName::parse(DEFAULT_PROJECT).ok(),
        }
    }

    /// Whether a request for `host` (without a port) is accepted.
    ///
    /// IP addresses always are: a page elsewhere can point its own name at this server, but not an
    /// address.
    pub(super) fn allows_host(&self, host: &str) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        address.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.is_public_host(&name)
    }

    /// Whether browsers reach the server by that name, in whatever spelling.
    pub(super) fn is_public_host(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.contains(&name)
    }

    /// Whether `text` is the token; if none is required, every text is accepted.
    pub(super) fn accepts_token(&self, text: &str) -> bool {
        self.token.as_ref().is_none_or(|token| token.is(text))
    }
}

/// Another site, in the form of the `Origin` header.
#[derive(Clone, Debug)]
pub struct Origin(pub(super) HeaderValue);

impl Origin {
    /// An origin, for example `https://example.com` or `http://localhost:3000`.
    ///
    /// # Errors
    /// A sentence that says why it cannot be used.
    pub fn new(text: &str) -> Result<Self, String> {
        let is_valid = CsrfLayer::new().add_trusted_origin(text).is_ok();
        let value = HeaderValue::from_str(text).ok().filter(|_| is_valid);
        value.map(Self).ok_or_else(|| {
            format!("`{text}` is not an origin; use one such as `https://example.com`.")
        })
    }
}

/// State that the handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub config: Arc<Config>,
    pub sessions: Arc<Sessions>,
    pub repeats: Arc<Repeats>,
    reads: Arc<Semaphore>,
    /// Apart, because a list does not wait for the disk, as other reads may.
    lists: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    /// Memory of responses.
    pub budget: Budget,
    /// Tells this server from one that was started before or will be later.
    id: Arc<str>,
    stopping: watch::Sender<bool>,
}

impl App {
    pub fn new(config: Config) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            id: format!("{:x}", started.unwrap_or_default().as_nanos()).into(),
            stopping: watch::Sender::new(false),
            sessions: Arc::new(Sessions::new(config.token.as_ref())),
            config: Arc::new(config),
            repeats: Arc::default(),
            reads: Arc::new(Semaphore::new(MAX_READS)),
            lists: Arc::new(Semaphore::new(MAX_READS)),
            changes: Arc::new(Semaphore::new(MAX_CHANGES)),
            budget: Budget::default(),
        }
    }

    /// Tells this server from others in the identifiers of events.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Becomes true when the server has to end.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Ends the streams of events.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// The pipeline, or [`Error::PipelineMissing`].
    pub fn pipeline(&self) -> Result<Pipeline, Error> {
        self.config.pipeline.clone().ok_or(Error::PipelineMissing)
    }

    pub async fn create(&self, name: ProjectName) -> Result<Created, Error> {
        let create = move |workspace: &Workspace| workspace.create(&name);
        let created = self.blocking(&self.changes, create).await?;
        let name = &created.project_name;
        tracing::info!(%name, path = created.project_path, "created project");
        Ok(created)
    }

    pub async fn rename(&self, old: FolderName, new: ProjectName) -> Result<Renamed, Error> {
        let app = self.clone();
        run_to_end(async move {
            let reserved = match &app.config.pipeline {
                Some(pipeline) => Some(pipeline.reserve(&old)?),
                None => None,
            };
            let rename = move |workspace: &Workspace| workspace.rename(&old, &new);
            let renamed = app.blocking(&app.changes, rename).await?;
            if let Some(reserved) = reserved {
                reserved.commit(&(&renamed.new_name).into());
            }
            let (old, new) = (&renamed.old_name, &renamed.new_name);
            tracing::info!(%old, %new, path = renamed.project_path, "renamed project");
            Ok(renamed)
        })
        .await
    }

    /// The default project, and why it cannot be renamed instead of creating a second one.
    pub async fn default_project(
        &self,
    ) -> Result<Option<(ProjectName, Option<KeptReason>)>, Error> {
        let Some(name) = self.config.default_project.clone() else {
            return Ok(None);
        };
        let pipeline = self.config.pipeline.as_ref();
        if pipeline.is_some_and(|it| it.is_running_in(&(&name).into())) {
            return Ok(Some((name, Some(KeptReason::InUse))));
        }
        self.read(move |workspace| {
            let reason = workspace.reason_to_keep(&name)?;
            Ok(Some((name, reason)))
        })
        .await
    }

    /// The list that a query asks for; its body has a share of the budget.
    pub async fn list(&self, query: ListQuery) -> Result<Answer, Error> {
        let is_small = query.limit.is_some_and(|limit| limit <= SMALL_PAGE);
        let _maker = match is_small {
            true => None,
            false => Some(self.budget.make().await?),
        };
        let list = move |workspace: &Workspace| workspace.list(&query);
        let mut answer = self.blocking(&self.lists, list).await?;
        answer.body = self.budget.hold(answer.body).await?;
        Ok(answer)
    }

    /// Reads the workspace on a thread where blocking is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Workspace) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.blocking(&self.reads, work).await
    }

    /// Work that has begun is finished even if the client disconnects.
    async fn blocking<T: Send + 'static>(
        &self,
        permits: &Arc<Semaphore>,
        work: impl FnOnce(&Workspace) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = Arc::clone(permits).acquire_owned().await;
        let permit = permit.map_err(|_| Error::Internal)?;
        let config = Arc::clone(&self.config);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&config.workspace)
        });
        task.await.map_err(|_| Error::Internal)?
    }
}
