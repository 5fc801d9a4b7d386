//! `podslate health`: checks the server on this machine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use podslate_shared::api;

use crate::args::Health;
use crate::error::{Error, Result};
use crate::output;

/// Maximum time for each step of the check.
const TIMEOUT: Duration = Duration::from_secs(4);

pub fn run(args: &Health) -> Result<()> {
    let place = format!("port {} of this machine", args.port);
    let response = request(args.port).map_err(|_| Error::PodUnreachable {
        reason: format!("nothing answers at {place}"),
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
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
