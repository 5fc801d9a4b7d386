//! Clients that are in the way: slow ones, silent ones, and those that send too much.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::client::Client;
use super::{Size, times};
use crate::item::Item;
use crate::server::Server;

const BETWEEN_ASKING: Duration = Duration::from_millis(50);
/// Between two bytes of a slow client.
const BETWEEN_BYTES: Duration = Duration::from_millis(500);
/// How long it may take until all are connected: less than the server keeps a silent connection.
const MOST_CONNECTING: Duration = Duration::from_secs(9);
/// So many open files are left for everything else.
const OTHER_FILES: usize = 256;
/// So many connect at the same time: of more than can wait to be accepted, the system drops some for
/// a second and longer.
const TOGETHER: usize = 500;
const TOO_MUCH: usize = 1 << 20;

/// What the clients of an item share.
#[derive(Debug)]
struct Shared {
    address: String,
    /// Refusals that they should get.
    right: AtomicUsize,
    /// Answers that they should not get.
    wrong: AtomicUsize,
    /// Connections that came to an end.
    ended: AtomicUsize,
}

/// Asks for the health beside clients that send a byte of a head or of a body now and then.
pub async fn slow(server: &Server, size: &Size) -> Item {
    let count = size.slow;
    let item = Item::new(&format!("health beside {count} slow senders"));
    let held = count;
    beside(item, server, (count, held), size, send_slowly).await
}

/// Asks for the health beside connections on which nothing is sent.
pub async fn idle(server: &Server, size: &Size) -> Item {
    let count = size.idle;
    let item = Item::new(&format!("health beside {count} idle connections"));
    let held = count;
    beside(item, server, (count, held), size, send_nothing).await
}

/// Asks for the health beside heads and bodies that are far too large, all of which are refused.
pub async fn huge(server: &Server, size: &Size) -> Item {
    let count = size.clients;
    let item = Item::new(&format!("health beside {count} huge senders"));
    // How many are connected at a moment is not foreseen: they are refused at once.
    beside(item, server, (count, 0), size, send_too_much).await
}

/// Asks for the health again and again while `count` clients begin anew whenever they are cut off;
/// `held` of them are connected before.
async fn beside<Hang, Hanging>(
    mut item: Item,
    server: &Server,
    (count, held): (usize, usize),
    size: &Size,
    hang: Hang,
) -> Item
where
    Hang: Fn(Arc<Shared>, usize) -> Hanging + Copy + Send + 'static,
    Hanging: Future<Output = io::Result<()>> + Send,
{
    if let Err(reason) = may_open(count + OTHER_FILES) {
        return item.skip(&reason);
    }
    let client = match Client::new(&server.address, 0) {
        Ok(client) => client,
        Err(error) => return item.fail(&error),
    };
    let shared = Arc::new(Shared {
        address: server.address.clone(),
        right: AtomicUsize::new(0),
        wrong: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
    });
    let mut all = JoinSet::new();
    for number in 0..count {
        if number % TOGETHER == 0
            && let Err(failure) = connected(server, number.min(held)).await
        {
            return item.fail(&failure);
        }
        let shared = Arc::clone(&shared);
        all.spawn(async move {
            loop {
                if hang(Arc::clone(&shared), number).await.is_err() {
                    sleep(BETWEEN_ASKING).await;
                }
                shared.ended.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    if let Err(failure) = connected(server, held).await {
        return item.fail(&failure);
    }
    let end = Instant::now() + size.hanging();
    let mut taken = Vec::new();
    while Instant::now() < end {
        let (result, time) = health(&client, size.most_health).await;
        item.count(result.map(|()| true));
        taken.push(time);
        sleep(BETWEEN_ASKING).await;
    }
    let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    let (right, wrong, ended) = (
        count(&shared.right),
        count(&shared.wrong),
        count(&shared.ended),
    );
    // Who is not held is refused.
    if wrong > 0 || (held == 0 && right == 0) {
        item = item.fail(&format!(
            "{right} right and {wrong} wrong answers to the others"
        ));
    }
    times::judge(item, taken, None, &format!("{ended} of the others cut off"))
}

async fn health(client: &Client, most: Duration) -> (Result<(), String>, Duration) {
    match client.get("/health").await {
        Ok(answer) if answer.status == 200 && answer.time < most => (Ok(()), answer.time),
        Ok(answer) => {
            let failure = format!("{} after {:?}", answer.status, answer.time);
            (Err(failure), answer.time)
        }
        Err(failure) => (Err(failure), Duration::ZERO),
    }
}

/// Waits until the server holds so many connections, where the system tells.
async fn connected(server: &Server, held: usize) -> Result<(), String> {
    let start = Instant::now();
    while let Some(open) = server.open_files().filter(|open| *open < held) {
        if start.elapsed() > MOST_CONNECTING {
            return Err(format!("the server holds {open} connections, not {held}"));
        }
        sleep(BETWEEN_ASKING).await;
    }
    Ok(())
}

async fn send_slowly(shared: Arc<Shared>, number: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(&shared.address).await?;
    let head = match number % 2 {
        0 => "GET /health HTTP/1.1\r\nhost: localhost\r\nx: ",
        _ => {
            "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: 9999\r\n\r\n"
        }
    };
    stream.write_all(head.as_bytes()).await?;
    let mut byte = [0];
    // Until the server says something or closes.
    while timeout(BETWEEN_BYTES, stream.read(&mut byte))
        .await
        .is_err()
    {
        stream.write_all(b" ").await?;
    }
    Ok(())
}

async fn send_nothing(shared: Arc<Shared>, _: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(&shared.address).await?;
    stream.read(&mut [0]).await.map(drop)
}

async fn send_too_much(shared: Arc<Shared>, number: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(&shared.address).await?;
    let (head, expected) = match number % 2 {
        0 => (
            "GET /health HTTP/1.1\r\nhost: localhost\r\nx: ".to_owned(),
            "431",
        ),
        _ => {
            let head = "POST /api/projects/create HTTP/1.1\r\nhost: localhost\r\n\
                        content-type: application/json\r\ncontent-length:";
            (format!("{head} {TOO_MUCH}\r\n\r\n"), "413")
        }
    };
    stream.write_all(head.as_bytes()).await?;
    let (mut read, mut write) = stream.split();
    // The server reads no further, and may close while it is still sent to.
    let filling = vec![b'a'; TOO_MUCH];
    let (_, answer) = tokio::join!(write.write_all(&filling), async {
        let mut answer = [0; 12];
        read.read_exact(&mut answer).await.map(|_| answer)
    });
    let is_right = answer?.ends_with(expected.as_bytes());
    let count = if is_right {
        &shared.right
    } else {
        &shared.wrong
    };
    count.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Raises this process's limit of open files as far as it may; the reason if that is not enough.
#[cfg(unix)]
fn may_open(files: usize) -> Result<(), String> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the limit stays as it was.
    let _ = setrlimit(Resource::Nofile, limit);
    match getrlimit(Resource::Nofile).current {
        Some(most) if most < files as u64 => Err(format!(
            "a process may open {most} files here, and it takes {files}"
        )),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn may_open(_: usize) -> Result<(), String> {
    Ok(())
}
