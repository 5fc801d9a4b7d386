//! A client of `GET /api/events`, which continues after a stream ended, as a browser does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::http::{Chunked, Head, connect};

/// Time until a client connects again.
const PAUSE: Duration = Duration::from_secs(1);

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// What the thread that reads has in common with the client.
#[derive(Debug, Default)]
struct Shared {
    received: AtomicU64,
    is_ended: AtomicBool,
    stream: Mutex<Option<TcpStream>>,
}

/// An open stream of events.
#[derive(Debug)]
pub struct Events {
    events: Receiver<Event>,
    shared: Arc<Shared>,
}

impl Events {
    /// Opens a stream; `None` if the server has none.
    pub fn open(address: &str) -> Result<Option<Self>> {
        let shared = Arc::new(Shared::default());
        let (sender, events) = mpsc::channel();
        let mut reader = Stream {
            address: address.to_owned(),
            shared: Arc::clone(&shared),
            sender,
            last: String::new(),
        };
        let (head, stream) = reader.connect()?;
        if head.status == 404 {
            return Ok(None);
        }
        ensure!(head.status == 200, "the stream has status {}", head.status);
        thread::spawn(move || reader.run(head, stream));
        Ok(Some(Self { events, shared }))
    }

    /// The next event; `None` if there is none before `deadline`.
    pub fn next(&self, deadline: Instant) -> Result<Option<Event>> {
        let limit = deadline.saturating_duration_since(Instant::now());
        match self.events.recv_timeout(limit) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(error) => Err(error).context("the stream of events ended"),
        }
    }

    /// Number of bytes received.
    pub fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.shared.is_ended.store(true, Ordering::Relaxed);
        let stream = self.shared.stream.lock();
        if let Some(stream) = &*stream.unwrap_or_else(PoisonError::into_inner) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// The thread that reads.
struct Stream {
    address: String,
    shared: Arc<Shared>,
    sender: Sender<Event>,
    last: String,
}

/// A connection whose bytes are counted.
struct Counted(TcpStream, Arc<Shared>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.received.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Stream {
    fn connect(&mut self) -> Result<(Head, BufReader<Counted>)> {
        let mut stream = connect(&self.address)?;
        let last = match &*self.last {
            "" => String::new(),
            last => format!("Last-Event-ID: {last}\r\n"),
        };
        let address = &self.address;
        let request = format!("GET /api/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n");
        stream.write_all(request.as_bytes())?;
        let own = self.shared.stream.lock();
        *own.unwrap_or_else(PoisonError::into_inner) = Some(stream.try_clone()?);
        let mut stream = BufReader::new(Counted(stream, Arc::clone(&self.shared)));
        Ok((Head::read(&mut stream)?, stream))
    }

    fn run(mut self, head: Head, stream: BufReader<Counted>) {
        let mut open = Some((head, stream));
        while !self.shared.is_ended.load(Ordering::Relaxed) {
            match open.take() {
                Some((head, stream)) if head.is_chunked => {
                    let _ = self.forward(BufReader::new(Chunked::new(stream)));
                }
                Some((_, stream)) => drop(self.forward(stream)),
                None => thread::sleep(PAUSE),
            }
            open = self.connect().ok();
        }
    }

    fn forward(&mut self, mut stream: impl BufRead) -> Result<()> {
        let (mut event, mut line) = (Event::default(), String::new());
        while stream.read_line(&mut line)? > 0 {
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("data", data)) => event.data += data,
                Some(("id", id)) => id.clone_into(&mut self.last),
                None if line.trim_end().is_empty() && !event.name.is_empty() => {
                    self.sender.send(std::mem::take(&mut event))?;
                }
                _ => {}
            }
            line.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server of one connection, which sends a response and keeps the connection open.
    fn server(response: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(response.as_bytes()).unwrap();
            let _ = stream.read(&mut request);
        });
        address
    }

    #[test]
    fn events_arrive_one_by_one_and_their_bytes_are_counted() {
        let address = server(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
             1c\r\nevent: reset\nid: 1\ndata: {}\n\r\n1\r\n\n\r\n3\r\n: \n\r\n",
        );
        let events = Events::open(&address).unwrap().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let event = events.next(deadline).unwrap().unwrap();
        assert_eq!((&*event.name, &*event.data), ("reset", "{}"));
        assert_eq!(events.next(Instant::now()).unwrap(), None);
        assert!(events.received() > 70);
    }

    #[test]
    fn a_server_without_events_has_no_stream() {
        let address = server("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        assert!(Events::open(&address).unwrap().is_none());
    }
}
