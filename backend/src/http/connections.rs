//! The open connections. Where there is room for no more, the one that has been silent for longest
//! gives its place up: whoever sends nothing, or does not read, keeps nobody else out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time;

use super::limits::{MIN_SILENCE, STALL_TIME, WRITE_TIME};
use super::progress::Progress;
use crate::lock::lock;

/// Interval between looks for a connection that gives its place up.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// Interval between looks for clients that do not read.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The connections of a server.
#[derive(Debug)]
pub struct Connections {
    max: usize,
    max_of_address: usize,
    open: Mutex<Open>,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    last: u64,
    by_number: HashMap<u64, Connection>,
    by_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    progress: Arc<Progress>,
    task: Option<AbortHandle>,
}

/// The place of one connection, given up when this is dropped.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    number: u64,
    /// What the connection does.
    pub progress: Arc<Progress>,
}

impl Connections {
    /// At most `max` connections, and a little less from one address: that of a proxy may stand for
    /// all clients.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_of_address: (max - max / 8).max(1),
            open: Mutex::default(),
            closed: Notify::new(),
        })
    }

    /// A place for a connection from `address`; `None` if all connections are in use.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut open = self.open();
        let of_address = open.by_address.get(&address).copied();
        let is_crowded = of_address.unwrap_or_default() >= self.max_of_address;
        let is_full = open.by_number.len() >= self.max;
        if (is_crowded || is_full) && !open.close_silent(is_crowded.then_some(address)) {
            return None;
        }
        Some(self.enter(&mut open, address))
    }

    /// A place, as soon as there is one.
    pub async fn wait(self: &Arc<Self>, address: IpAddr) -> Place {
        loop {
            let closed = self.closed.notified();
            if let Some(place) = self.admit(address) {
                return place;
            }
            let _ = time::timeout(RETRY_INTERVAL, closed).await;
        }
    }

    /// Closes connections whose clients do not read, again and again.
    pub async fn sweep(&self) {
        loop {
            time::sleep(SWEEP_INTERVAL).await;
            self.close(|progress| progress.stalled_for() >= Some(WRITE_TIME));
        }
    }

    /// Closes what has nothing to finish, again and again.
    pub async fn drain(&self) {
        loop {
            time::sleep(RETRY_INTERVAL).await;
            self.close(|progress| {
                progress.stalled_for() >= Some(STALL_TIME)
                    || progress.idle_for() >= Some(STALL_TIME)
            });
        }
    }

    fn close(&self, is_over: impl Fn(&Progress) -> bool) {
        let open = self.open();
        let over = open.by_number.values().filter(|it| is_over(&it.progress));
        over.for_each(Connection::abort);
    }

    fn enter(self: &Arc<Self>, open: &mut Open, address: IpAddr) -> Place {
        open.last += 1;
        let number = open.last;
        let progress = Arc::<Progress>::default();
        *open.by_address.entry(address).or_default() += 1;
        let connection = Connection {
            address,
            progress: Arc::clone(&progress),
            task: None,
        };
        open.by_number.insert(number, connection);
        Place {
            connections: Arc::clone(self),
            number,
            progress,
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }
}

impl Open {
    /// Closes the connection, from `address` if there is one, that has been silent for longest.
    fn close_silent(&mut self, address: Option<IpAddr>) -> bool {
        let connections = self.by_number.iter();
        let silent = connections.filter_map(|(number, connection)| {
            let is_candidate = address.is_none_or(|address| connection.address == address);
            let silence = connection.progress.silent_for().filter(|_| is_candidate)?;
            (silence >= MIN_SILENCE).then_some((silence, *number))
        });
        let Some((_, number)) = silent.max() else {
            return false;
        };
        if let Some(connection) = self.remove(number) {
            connection.abort();
        }
        true
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.by_number.remove(&number)?;
        if let Some(count) = self.by_address.get_mut(&connection.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

impl Connection {
    fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Place {
    /// Number of the connection, for [`Connections::set_task`].
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Connections {
    /// Sets the task that ends to close a connection.
    pub fn set_task(&self, number: u64, task: AbortHandle) {
        if let Some(connection) = self.open().by_number.get_mut(&number) {
            connection.task = Some(task);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(self.number);
        self.connections.closed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    #[tokio::test]
    async fn silent_connections_make_room_and_busy_ones_do_not() {
        let connections = Connections::new(16);
        let mut places = Vec::new();
        for _ in 0..14 {
            places.push(connections.admit(ONE).expect("a place"));
            places.last().unwrap().progress.begin_request(false);
        }
        assert!(connections.admit(ONE).is_none());
        let other = connections.admit(OTHER).expect("a place");
        places[3].progress.end_request();
        // Its silence is too short at first.
        let start = time::Instant::now();
        let next = connections.wait(ONE).await;
        assert!(start.elapsed() >= MIN_SILENCE / 2);
        assert_eq!(connections.open().by_number.len(), 15);
        assert!(!connections.open().by_number.contains_key(&places[3].number));
        drop((next, other, places));
        assert!(connections.open().by_address.is_empty());
    }
}
