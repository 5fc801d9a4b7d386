//! A server with thousands of projects, many clients, and some that only want to be in the way.

mod client;
mod hanging;
mod member;
mod projects;
mod times;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::item::Item;
use crate::place;
use crate::program::Program;
use crate::random::Random;
use crate::server::Server;
use client::Client;
use member::{Asked, Kind, Load};

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Projects that are there before.
    pub projects: usize,
    /// Clients that ask without a pause.
    pub clients: usize,
    /// How long they do.
    pub time: Duration,
    /// Clients that send a byte now and then.
    pub slow: usize,
    /// Connections on which nothing is sent.
    pub idle: usize,
    /// What 99 of 100 creates are faster than.
    pub most_create: Duration,
    /// What 99 of 100 lists are faster than.
    pub most_list: Duration,
    /// What every answer about the health is faster than.
    pub most_health: Duration,
}

impl Size {
    /// What is promised.
    pub const FULL: Self = Self {
        projects: 10_000,
        clients: 64,
        time: Duration::from_secs(600),
        slow: 1_000,
        idle: 10_000,
        most_create: Duration::from_millis(250),
        most_list: Duration::from_millis(500),
        most_health: Duration::from_secs(1),
    };
    /// A few seconds of it, also on a machine that does much else at the same time.
    pub const CUT: Self = Self {
        projects: 1_000,
        clients: 64,
        time: Duration::from_secs(3),
        slow: 1_000,
        idle: 2_000,
        most_create: Duration::from_secs(5),
        most_list: Duration::from_secs(5),
        most_health: Duration::from_secs(5),
    };

    /// How long each kind of client is in the way.
    fn hanging(&self) -> Duration {
        (self.time / 3).min(MOST_HANGING)
    }
}

/// What a project takes on the disk.
const ENTRIES: usize = 35;
/// How long everything beside the mix is tried, at most.
const MOST_HANGING: Duration = Duration::from_secs(25);

/// The load, then everything that is in the way, on one server.
pub fn all(program: &Program, size: &Size) -> Vec<Item> {
    let items = match place::Disk::new(size.projects * ENTRIES * 2) {
        Ok(disk) => disk
            .workspace()
            .and_then(|workspace| try_all(program, size, &workspace, "on ext4")),
        // Who may not mount has at least this.
        Err(_) => {
            place::in_memory().and_then(|folder| try_all(program, size, folder.path(), "in memory"))
        }
    };
    items.unwrap_or_else(|error| vec![Item::new("load").fail(&error.to_string())])
}

fn try_all(
    program: &Program,
    size: &Size,
    workspace: &Path,
    where_it_is: &str,
) -> io::Result<Vec<Item>> {
    projects::fill(workspace, size.projects)?;
    let server = Server::start(program, workspace)?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let mixed = runtime.block_on(mixed(&server, size, workspace, where_it_is));
    let mut items = mixed.map_err(io::Error::other)?;
    items.extend([
        runtime.block_on(hanging::slow(&server, size)),
        runtime.block_on(hanging::idle(&server, size)),
        runtime.block_on(hanging::huge(&server, size)),
    ]);
    Ok(items)
}

/// Every client asks for one thing after the other; what came of it by kind.
async fn mixed(
    server: &Server,
    size: &Size,
    workspace: &Path,
    where_it_is: &str,
) -> Result<Vec<Item>, String> {
    let seed = Random::seed();
    let load = Arc::new(Load {
        client: Client::new(&server.address, size.clients)?,
        workspace: workspace.to_owned(),
        projects: size.projects,
        end: Instant::now() + size.time,
    });
    let members: Vec<_> = (0..size.clients)
        .map(|number| tokio::spawn(member::run(Arc::clone(&load), number, seed)))
        .collect();
    let (mut asked, mut own) = (Vec::new(), 0);
    for member in members {
        let done = member.await.map_err(|error| error.to_string())?;
        asked.extend(done.asked);
        own += done.own;
    }
    let mut items = vec![
        item(
            "creates under load",
            Kind::Create,
            &asked,
            Some(size.most_create),
        ),
        item("lists under load", Kind::List, &asked, Some(size.most_list)),
        item("renames under load", Kind::Rename, &asked, None),
        item("details and checks under load", Kind::Look, &asked, None),
    ];
    let rate = asked.len() as f64 / size.time.as_secs_f64();
    let note = format!("{rate:.0} answers per second {where_it_is}, seed {seed}");
    let mut left = Item::new("projects after the load").note(&note);
    left.count(projects::are_all(workspace, size.projects + own).map(|()| true));
    items.push(left);
    Ok(items)
}

/// What came of one kind, and whether it was fast enough.
fn item(name: &str, kind: Kind, asked: &[Asked], most: Option<Duration>) -> Item {
    let mut item = Item::new(name);
    let asked: Vec<&Asked> = asked.iter().filter(|asked| asked.kind == kind).collect();
    for asked in &asked {
        item.count(asked.result.clone().map(|()| true));
    }
    times::judge(
        item,
        asked.iter().map(|asked| asked.time).collect(),
        most,
        "",
    )
}
