//! An HTTP client that keeps its connection: the cost of the server is measured, not its own.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Longer than every limit of the server.
const LIMIT: Duration = Duration::from_secs(120);

/// Errors of a connection that the server closed.
const CLOSED: [ErrorKind; 3] = [
    ErrorKind::BrokenPipe,
    ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionReset,
];

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The response, unless it is an error.
    pub fn success(self) -> Result<Self> {
        if self.status < 300 {
            return Ok(self);
        }
        let error = self.json().map(|body| body["error"].clone());
        bail!("status {}: {}", self.status, error.unwrap_or_default())
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("the response is not JSON")
    }
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to `address`, which is a host and a port.
    pub fn open(address: &str) -> Result<Self> {
        Ok(Self {
            address: address.to_owned(),
            stream: BufReader::new(connect(address)?),
        })
    }

    /// Sends `GET path`.
    pub fn get(&mut self, path: &str) -> Result<Response> {
        self.send("GET", path, None)
    }

    /// Sends `POST path` with a JSON body.
    pub fn post(&mut self, path: &str, body: &Value) -> Result<Response> {
        self.send("POST", path, Some(&body.to_string()))
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> Result<Response> {
        let (address, body) = (&self.address, body.unwrap_or_default());
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
        if method == "POST" {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        request += "\r\n";
        request += body;
        if !self.start(&request)? {
            // The server closed it while nothing was sent.
            self.stream = BufReader::new(connect(&self.address)?);
            self.start(&request)?;
        }
        let head = Head::read(&mut self.stream).with_context(|| format!("{method} {path}"))?;
        let mut body = Vec::new();
        if head.is_chunked {
            Chunked::new(&mut self.stream).read_to_end(&mut body)?;
        } else {
            let length = head.length.context("the response has no length")?;
            body.resize(length, 0);
            self.stream.read_exact(&mut body)?;
        }
        if head.is_last {
            self.stream = BufReader::new(connect(&self.address)?);
        }
        let status = head.status;
        Ok(Response { status, body })
    }

    /// Sends a request; `false` if the connection was closed before the response started.
    fn start(&mut self, request: &str) -> Result<bool> {
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        match sent.and_then(|()| Ok(!self.stream.fill_buf()?.is_empty())) {
            Err(error) if CLOSED.contains(&error.kind()) => Ok(false),
            result => Ok(result?),
        }
    }
}

/// Connects, without the delay that collects small packets.
pub fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// Start of a response.
#[derive(Debug, Default)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// Whether the body is sent in chunks.
    pub is_chunked: bool,
    /// Length of the body, if it is known.
    pub length: Option<usize>,
    is_last: bool,
}

impl Head {
    /// Reads it up to the empty line.
    pub fn read(stream: &mut impl BufRead) -> Result<Self> {
        let mut line = String::new();
        ensure!(
            stream.read_line(&mut line)? > 0,
            "the connection was closed"
        );
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut head = Self {
            status: status.context("the response has no status")?,
            ..Self::default()
        };
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let lower = line.trim_end().to_ascii_lowercase();
            match lower.split_once(": ") {
                Some(("content-length", length)) => head.length = length.parse().ok(),
                Some(("transfer-encoding", "chunked")) => head.is_chunked = true,
                Some(("connection", "close")) => head.is_last = true,
                None if lower.is_empty() => return Ok(head),
                _ => {}
            }
        }
    }
}

/// The content of a body that is sent in chunks.
pub struct Chunked<R> {
    stream: R,
    rest: usize,
    is_first: bool,
}

impl<R: BufRead> Chunked<R> {
    /// Reads from `stream`, which is behind the head.
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            rest: 0,
            is_first: true,
        }
    }

    fn next_size(&mut self) -> Result<usize> {
        let mut line = String::new();
        if !self.is_first {
            self.stream.read_line(&mut line)?;
            line.clear();
        }
        self.is_first = false;
        self.stream.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            bail!("a chunk has no size");
        };
        if size == 0 {
            self.stream.read_line(&mut line)?;
        }
        Ok(size)
    }
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest == 0 {
            self.rest = self.next_size().map_err(io::Error::other)?;
            if self.rest == 0 {
                return Ok(0);
            }
        }
        let most = buffer.len().min(self.rest);
        let count = self.stream.read(&mut buffer[..most])?;
        self.rest -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn a_body_in_chunks_is_put_together() {
        let bytes = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nrest".as_slice();
        let mut stream = BufReader::new(bytes);
        let mut body = String::new();
        Chunked::new(&mut stream).read_to_string(&mut body).unwrap();
        assert_eq!(body, "abcde");
        assert_eq!(io::read_to_string(stream).unwrap(), "rest");
    }

    #[test]
    fn a_connection_that_the_server_closed_is_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut connection = Connection::open(&address).unwrap();
        drop(listener.accept().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            let response = b"HTTP/1.1 404 Not Found\r\ncontent-length: 13\r\n\r\n{\"error\":\"x\"}";
            stream.write_all(response).unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let response = connection.get("/health").unwrap();
        let error = response.success().unwrap_err().to_string();
        assert_eq!(error, "status 404: \"x\"");
        let request = server.join().unwrap();
        assert!(request.starts_with("GET /health HTTP/1.1\r\n"), "{request}");
    }

    #[test]
    fn the_head_says_how_the_body_ends() {
        let head = |text: &str| Head::read(&mut text.as_bytes());
        let read = head("HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\nbody").unwrap();
        assert_eq!((read.status, read.length), (201, Some(12)));
        let read = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        assert!(read.is_chunked);
        assert!(head("").is_err());
    }
}
