//! `podslate health`: checks the server on this machine.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use podslate_shared::api;

use crate::args::Health;
use crate::error::{Error, Result};
use crate::output;

/// Maximum time to connect, and for the response.
const TIMEOUT: Duration = Duration::from_secs(4);
/// Maximum size of the response, in bytes.
const MAX_SIZE: usize = 64 * 1024;

pub fn run(args: &Health) -> Result<()> {
    let place = format!("port {} of this machine", args.port);
    let response = request(args.port).map_err(|_| {
        let reason = format!("nothing answers at {place}");
        Error::PodUnreachable { reason }.with_hint("Check that `podslate serve` runs at this port.")
    })?;
    let body = response.split_once("\r\n\r\n").map(|(_, body)| body);
    match body.and_then(|body| serde_json::from_str::<api::Health>(body).ok()) {
        Some(health) => output::result(&format!("{} {}", health.status, health.version)),
        None => Err(Error::NotAPodslate { reason: place }),
    }
}

/// The whole response, over a bare connection: the client for pods needs the system's certificates,
/// which a small image does not have.
fn request(port: u16) -> std::io::Result<String> {
    let deadline = Instant::now() + TIMEOUT;
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), TIMEOUT)?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || response.len() > MAX_SIZE {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => return Ok(String::from_utf8_lossy(&response).into_owned()),
            count => response.extend_from_slice(&buffer[..count]),
        }
    }
}
