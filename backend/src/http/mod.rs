//! The HTTP API and the page.

mod access;
mod assets;
mod bare;
mod calls;
mod docs;
mod error;
mod extract;
mod failures;
mod listen;
mod pipeline;
mod recovery;
mod router;
mod session;
mod shield;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use podslate_shared::ProjectName;
use tokio::sync::Semaphore;

use crate::pipeline::Pipeline;
use crate::startup::DEFAULT_PROJECT;
use crate::workspace::Workspace;

pub use access::{Origin, Token};
pub use listen::serve;
use session::Sessions;

/// At most so many changes to the workspace at a time; more would only wait for the disk.
const CHANGES: usize = 8;
/// At most so many reads of the workspace at a time.
const READS: usize = 32;

/// What a server is started with.
#[derive(Debug)]
pub struct Config {
    /// The workspace to serve.
    pub workspace: Workspace,
    /// What every request to the API has to carry; without it everyone who can connect may do
    /// everything.
    pub token: Option<Token>,
    /// Host names, without a port, under which browsers reach the server, besides loopback names
    /// and addresses in numbers.
    pub hosts: BTreeSet<String>,
    /// Other sites whose pages may use the API, as browsers name them (`https://example.com`). They
    /// need the token; a session is not theirs to use.
    pub origins: Vec<Origin>,
    /// The command that runs beside the server.
    pub pipeline: Option<Pipeline>,
    /// The project that may be renamed instead of making a second one, as long as it is untouched.
    pub default_project: Option<ProjectName>,
}

/// What the handlers share.
#[derive(Clone)]
struct App(Arc<Shared>);

struct Shared {
    config: Config,
    changes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    sessions: Sessions,
}

impl App {
    fn new(config: Config) -> Self {
        Self(Arc::new(Shared {
            config,
            changes: Arc::new(Semaphore::new(CHANGES)),
            reads: Arc::new(Semaphore::new(READS)),
            sessions: Sessions::default(),
        }))
    }
}

impl Config {
    /// A server for `workspace` that answers on loopback addresses only and wants no token.
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

    /// Whether a request may name `host` (without a port) as the one it is meant for.
    ///
    /// Addresses in numbers always pass: a page elsewhere can point its own name at this server,
    /// but not a number.
    fn allows_host(&self, host: &str) -> bool {
        let number = host.trim_start_matches('[').trim_end_matches(']');
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        number.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.contains(&name)
    }
}
