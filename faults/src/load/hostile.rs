//! Hostile clients: slow senders, silent connections, requests that are too large, and clients that
//! do not read.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use testing::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::client::Client;
use super::latency;
use super::size::Size;
use crate::outcome::{Outcome, Skipped};

/// Maximum duration of one kind of client.
const MAX_TIME: Duration = Duration::from_secs(25);
/// Time between two health checks.
const INTERVAL: Duration = Duration::from_millis(50);
/// Time between two bytes of a slow client.
const BYTE_INTERVAL: Duration = Duration::from_millis(500);
/// Maximum time until all clients are connected: less than the server keeps a silent connection.
const MAX_CONNECTING: Duration = Duration::from_secs(9);
/// Number of open files that are left for everything else.
const OTHER_FILES: usize = 256;
/// Number of clients that connect at the same time: of more than can wait to be accepted, the
/// system drops some for a second and longer.
const BATCH: usize = 500;
const TOO_LARGE: usize = 1 << 20;
const LIST: &str = "GET /api/projects HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Slow,
    Idle,
    Huge,
    /// Asks for the whole list again and again and reads nothing.
    Deaf,
}

/// State that the clients of a kind share.
#[derive(Debug, Default)]
struct Shared {
    address: String,
    /// Expected error responses.
    right: AtomicUsize,
    /// Other responses.
    wrong: AtomicUsize,
    /// Closed connections.
    closed: AtomicUsize,
}

/// Checks the health of the server beside each kind of client.
pub fn all(runtime: &Runtime, server: &Server, size: &Size) -> Vec<Outcome> {
    let kinds = [
        (Kind::Slow, size.slow, "slow senders"),
        (Kind::Idle, size.idle, "idle connections"),
        (Kind::Huge, size.users, "huge senders"),
        (Kind::Deaf, size.deaf, "clients that do not read"),
    ];
    let outcomes = kinds.map(|(kind, count, name)| {
        Outcome::of(format!("health beside {count} {name}"), |outcome| {
            runtime.block_on(beside(outcome, server, (kind, count), size))
        })
    });
    outcomes.into()
}

/// Checks the health again and again while clients connect again whenever they are cut off.
async fn beside(
    outcome: &mut Outcome,
    server: &Server,
    (kind, count): (Kind, usize),
    size: &Size,
) -> Result<()> {
    allow_open_files(count + OTHER_FILES)?;
    let client = Client::new(server.address(), 0)?;
    let shared = Arc::new(Shared {
        address: server.address().to_owned(),
        ..Shared::default()
    });
    let _clients = connect(server, &shared, kind, count).await?;
    let end = Instant::now() + MAX_TIME.min(size.time / 3);
    let mut times = Vec::new();
    while Instant::now() < end {
        let response = client.get("/health").await;
        times.push(
            response
                .as_ref()
                .map_or(Duration::ZERO, |response| response.time),
        );
        outcome.count(response.and_then(|response| {
            let is_right = response.status == 200 && response.time < size.max_health;
            ensure!(is_right, "{} after {:?}", response.status, response.time);
            Ok(())
        }));
        sleep(INTERVAL).await;
    }
    let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    let (right, wrong) = (count(&shared.right), count(&shared.wrong));
    let closed = count(&shared.closed);
    latency::judge(
        outcome,
        times,
        None,
        &format!(", {closed} connections closed"),
    );
    let is_right = wrong == 0 && (kind != Kind::Huge || right > 0);
    ensure!(
        is_right,
        "{right} right and {wrong} wrong responses to the clients"
    );
    Ok(())
}

/// Starts the clients, which end when the returned set is dropped.
async fn connect(
    server: &Server,
    shared: &Arc<Shared>,
    kind: Kind,
    count: usize,
) -> Result<JoinSet<()>> {
    // Huge requests are refused at once, so the number of their connections varies.
    let held = if kind == Kind::Huge { 0 } else { count };
    let mut clients = JoinSet::new();
    for number in 0..count {
        if number % BATCH == 0 {
            ensure_connected(server, number.min(held)).await?;
        }
        let shared = Arc::clone(shared);
        clients.spawn(async move {
            loop {
                if shared.obstruct(kind, number).await.is_err() {
                    sleep(INTERVAL).await;
                }
                shared.closed.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    ensure_connected(server, held).await?;
    Ok(clients)
}

/// Waits until the server holds this many connections, where the system shows it.
async fn ensure_connected(server: &Server, held: usize) -> Result<()> {
    let start = Instant::now();
    while let Some(open) = server.open_files().filter(|open| *open < held) {
        let is_early = start.elapsed() < MAX_CONNECTING;
        ensure!(is_early, "the server holds {open} connections, not {held}");
        sleep(INTERVAL).await;
    }
    Ok(())
}

impl Shared {
    async fn obstruct(&self, kind: Kind, number: usize) -> io::Result<()> {
        let mut stream = TcpStream::connect(&self.address).await?;
        // Half of the clients send a head, the others a body.
        let (head, expected) = if number.is_multiple_of(2) {
            (
                "GET /health HTTP/1.1\r\nhost: localhost\r\nx: ".to_owned(),
                "431",
            )
        } else {
            let length = if kind == Kind::Slow { 9999 } else { TOO_LARGE };
            let head = "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
                        content-type: application/json\r\ncontent-length:";
            (format!("{head} {length}\r\n\r\n"), "413")
        };
        match kind {
            Kind::Idle => stream.read(&mut [0]).await.map(drop),
            Kind::Deaf => loop {
                stream.write_all(LIST.as_bytes()).await?;
            },
            Kind::Slow => send_slowly(stream, &head).await,
            Kind::Huge => {
                let status = send_all(stream, &head).await?;
                let is_right = status.ends_with(expected.as_bytes());
                let count = if is_right { &self.right } else { &self.wrong };
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

/// Sends bytes until the server responds or closes the connection.
async fn send_slowly(mut stream: TcpStream, head: &str) -> io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    let mut byte = [0];
    while timeout(BYTE_INTERVAL, stream.read(&mut byte))
        .await
        .is_err()
    {
        stream.write_all(b" ").await?;
    }
    Ok(())
}

/// Sends too much; the beginning of the response, up to the status.
async fn send_all(mut stream: TcpStream, head: &str) -> io::Result<[u8; 12]> {
    stream.write_all(head.as_bytes()).await?;
    let (mut reader, mut writer) = stream.split();
    // The server stops reading, and may close the connection while it is still sent to.
    let filling = vec![b'a'; TOO_LARGE];
    let mut status = [0; 12];
    let (_, read) = tokio::join!(writer.write_all(&filling), reader.read_exact(&mut status));
    read.map(|_| status)
}

/// Raises this process's limit of open files as far as possible.
#[cfg(unix)]
fn allow_open_files(files: usize) -> Result<(), Skipped> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the limit stays as it was.
    let _ = setrlimit(Resource::Nofile, limit);
    match getrlimit(Resource::Nofile).current {
        Some(max) if max < files as u64 => Err(Skipped(format!(
            "a process may open {max} files here, and {files} are necessary"
        ))),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn allow_open_files(_: usize) -> Result<(), Skipped> {
    Ok(())
}
