//! A connection for arbitrary bytes.

use std::net::SocketAddr;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use testing::PATIENCE;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::response::Response;

/// A connection to a server.
pub struct Connection(BufStream<TcpStream>);

impl Connection {
    /// Connects to a server.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        Self(BufStream::new(stream))
    }

    /// Sends bytes; the server may have closed the connection.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
        let _ = self.0.flush().await;
    }

    /// The next response, or `None` if the server closes the connection instead.
    pub async fn response(&mut self) -> Option<Response> {
        timeout(PATIENCE, self.read())
            .await
            .expect("a response in time")
    }

    /// Whether the server closes the connection without sending anything else.
    pub async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        let read = timeout(PATIENCE, self.0.read(&mut byte)).await;
        // A reset counts as closing.
        !matches!(read.expect("an end in time"), Ok(1..))
    }

    /// Resets the connection.
    pub fn reset(self) {
        let stream = self.0.into_inner();
        stream.set_zero_linger().expect("an option of sockets");
    }

    async fn read(&mut self) -> Option<Response> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).expect("a status");
        let status = status.parse().expect("a number");
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.append(
                HeaderName::try_from(name).expect("a name"),
                HeaderValue::try_from(value).expect("a value"),
            );
        }
        let length = headers.get("content-length").filter(|_| status != 304);
        let length = length.map_or(0, |length| {
            let length = length.to_str().expect("text");
            length.parse().expect("a number")
        });
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Response {
            status,
            headers,
            body,
        })
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await {
            Ok(1..) => Some(line.trim_end().to_owned()),
            _ => None,
        }
    }
}
