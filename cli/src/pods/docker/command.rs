//! Runs the `docker` command.

use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::env_vars;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::text;

/// Maximum time of a command that does not download an image.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of an output, in bytes.
const MAX_OUTPUT: usize = 4 << 20;

/// Runs Docker, whatever it ends with. The token is not among the arguments, which other users of
/// the machine can see: Docker reads it from its environment.
pub async fn run(arguments: &[&str], token: Option<&Secret>, timeout: Duration) -> Result<Output> {
    let mut command = Command::new("docker");
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    match token {
        Some(token) => command.env(env_vars::TOKEN, token.reveal()),
        None => command.env_remove(env_vars::TOKEN),
    };
    match tokio::time::timeout(timeout, bounded_output(command)).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            let hint = "Install Docker, or create the project on this machine with `--via local`.";
            Err(failed("there is no `docker` command on this machine").with_hint(hint))
        }
        Ok(Err(error)) => Err(failed(format!("`docker` cannot be run ({error})"))),
        Err(_) => {
            let seconds = text::count(timeout.as_secs(), "second");
            Err(failed(format!("Docker did not respond within {seconds}")))
        }
    }
}

pub fn failed(reason: impl Into<String>) -> Error {
    let reason = reason.into();
    Error::ProviderFailed { reason }
}

/// Output of a command; of each stream the last [`MAX_OUTPUT`] bytes.
async fn bounded_output(mut command: Command) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(read_all(stdout), read_all(stderr))?;
    let status = child.wait().await?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Reads a stream to its end, and keeps the last bytes of it.
async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let (mut kept, mut buffer) = (Vec::new(), [0; 8192]);
    let Some(mut stream) = stream else {
        return Ok(kept);
    };
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(kept);
        }
        if kept.len() + count > MAX_OUTPUT {
            kept.drain(..kept.len() / 2);
        }
        kept.extend_from_slice(&buffer[..count]);
    }
}
