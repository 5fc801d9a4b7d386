//! HTTP requests: limits, and sentences for failures.

use std::io::ErrorKind;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::{error_chain, text};

/// Maximum size of a response, in bytes.
pub const MAX_SIZE: usize = 8 * 1024 * 1024;
/// Maximum time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for requests to `url`'s host alone: it follows no redirect, so that no secret goes to
/// another host.
pub fn client(url: &Url, timeout: Duration) -> Result<Client> {
    use_ring();
    // Compressed responses could be small here and large in memory.
    let mut builder = Client::builder()
        .user_agent(concat!("podslate/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout);
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Error::SettingsInvalid {
        reason: format!("no HTTP client can be created ({error})"),
    })
}

/// Has TLS use ring, the only provider that is linked.
pub fn use_ring() {
    // Another part of the program may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Response that was read to its end.
pub struct Response {
    pub status: u16,
    /// Body; empty if it is not text or is too large.
    pub body: String,
    /// Whether the body is larger than the limit.
    pub is_too_large: bool,
    /// Seconds in the header `Retry-After`.
    pub retry_after: Option<u64>,
    /// Header `Location` of a redirect.
    pub location: Option<String>,
}

impl Response {
    /// Reads a response of at most `max_size` bytes.
    pub async fn read(mut response: reqwest::Response, max_size: usize) -> reqwest::Result<Self> {
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok());
        let location = header("location");
        let status = response.status().as_u16();
        let (mut body, mut is_too_large) = (Vec::new(), false);
        while let Some(chunk) = response.chunk().await? {
            is_too_large = body.len() + chunk.len() > max_size;
            if is_too_large {
                body = Vec::new();
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status,
            body: String::from_utf8(body).unwrap_or_default(),
            is_too_large,
            retry_after,
            location,
        })
    }

    /// The body as JSON; `null` if it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Error for a pod's address that did not respond.
pub fn no_response(url: &Url, error: &reqwest::Error, timeout: Duration) -> Error {
    let address = display(url);
    match error_chain::find::<rustls::Error>(error) {
        Some(rustls::Error::InvalidCertificate(problem)) => Error::PodUntrusted {
            reason: format!("{address} ({problem})"),
        },
        Some(error) => Error::NotAPodslate {
            reason: format!("the TLS connection to {address} failed ({error})"),
        }
        .with_hint("If the pod has no certificate, its address starts with `http://`."),
        None => Error::PodUnreachable {
            reason: failure(&address, error, timeout),
        },
    }
}

/// Reason why a host did not respond.
pub fn failure(host: &str, error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        let seconds = text::count(timeout.as_secs(), "second");
        return format!("{host} did not respond within {seconds}");
    }
    match error_chain::find::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => format!("nothing listens at {host}"),
        _ if error_chain::causes(error).any(|error| error.to_string() == "dns error") => {
            format!("the host name of {host} is not known")
        }
        None
        | Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) => {
            format!("{host} closed the connection")
        }
        Some(kind) => format!("{host} ({kind})"),
    }
}

/// An address for people: without secrets and without the final slash.
pub fn display(url: &Url) -> String {
    let host = url.authority().rsplit('@').next().unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!("{}://{host}{path}", url.scheme())
}

/// Whether a host is this machine, which is reached without a proxy.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = number
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || host.ends_with(".localhost")
}
