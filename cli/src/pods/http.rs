//! Requests over HTTP: limits, and what went wrong in words.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use podslate_shared::{ErrorBody, ErrorCode};
use reqwest::{Client, Response, Url, redirect};
use serde_json::Value;

use crate::problem;

/// The largest answer that is read, in bytes.
const LONGEST: usize = 8 * 1024 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A client for requests to `url`'s host alone: it follows no redirect, so that no secret goes
/// astray.
pub fn client(url: &Url, timeout: Duration) -> Result<Client, ErrorBody> {
    // Another part of the program may have done it; both mean the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("podslate/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT.min(timeout))
        .timeout(timeout);
    let builder = match is_here(url) {
        true => builder.no_proxy(),
        false => builder,
    };
    builder.build().map_err(|error| {
        problem::new(
            ErrorCode::SettingsInvalid,
            format!("no HTTP client can be made ({error})"),
        )
    })
}

/// An answer: its status, and its body if it is JSON.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub json: Option<Value>,
    /// How many seconds to wait, if the answer says so.
    pub retry_after: Option<u64>,
    /// Where a redirect leads.
    pub location: Option<String>,
}

impl Answer {
    /// Reads an answer whole.
    pub async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let header = |name| {
            let value = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok());
        let location = header("location");
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                body.clear();
                break;
            }
        }
        Ok(Self {
            status,
            json: serde_json::from_slice(&body).ok(),
            retry_after,
            location,
        })
    }
}

/// Why a pod's address gave no answer.
pub fn no_answer(url: &Url, error: &reqwest::Error, timeout: Duration) -> ErrorBody {
    let at = shown(url);
    if let Some(error) = cause::<rustls::Error>(error) {
        return match error {
            rustls::Error::InvalidCertificate(reason) => {
                problem::new(ErrorCode::PodUntrusted, format!("{at} ({reason})"))
            }
            _ => problem::hinted(
                ErrorCode::NotAPodslate,
                format!("{at} does not speak TLS as it should ({error})"),
                "If the pod has no certificate, its address starts with http://.",
            ),
        };
    }
    problem::new(ErrorCode::PodUnreachable, why(&at, error, timeout))
}

/// Why a host gave no answer, in words.
pub fn why(at: &str, error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        return format!("{at} did not answer within {} seconds", timeout.as_secs());
    }
    match cause::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => format!("nothing listens at {at}"),
        Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) => {
            format!("{at} broke the connection")
        }
        _ if chain(error).any(|error| error.to_string() == "dns error") => {
            format!("the host name of {at} is not known")
        }
        Some(kind) => format!("{at} ({kind})"),
        None => format!("{at} broke the connection"),
    }
}

/// An address as people know it: without what may be secret, and without the slash at the end.
pub fn shown(url: &Url) -> String {
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!(
        "{}://{}{port}{path}",
        url.scheme(),
        url.host_str().unwrap_or_default()
    )
}

/// Whether a host is this machine, which no proxy has to lead to.
pub fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let number = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = number
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || host.ends_with(".localhost")
}

/// The first cause of type `T`.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref::<T>())
}

/// An error and its causes. One that is packed into an input or output error is a cause, too.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let packed = error.downcast_ref::<std::io::Error>();
        match packed.and_then(std::io::Error::get_ref) {
            Some(packed) => Some(packed),
            None => (*error).source(),
        }
    };
    std::iter::successors(Some(error), next)
}
