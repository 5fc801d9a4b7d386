//! What hyper answers by itself to bytes that are no request is a bare status; here it gets the form
//! of every other error.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use podslate_shared::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::error::{Failure, Problem};
use super::shield::HEADERS;

/// Longer than a bare answer ever is.
const MOST: usize = 200;

/// A connection on which nothing bare is sent.
pub struct Dressed {
    stream: TcpStream,
    /// What is sent in place of a bare answer, and how much of it is.
    instead: (Vec<u8>, usize),
}

impl Dressed {
    /// Around a connection.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            instead: (Vec::new(), 0),
        }
    }

    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (answer, sent) = &mut self.instead;
        while *sent < answer.len() {
            let more = ready!(Pin::new(&mut self.stream).poll_write(cx, &answer[*sent..]))?;
            if more == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += more;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Dressed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Dressed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(cx))?;
        match dressed(bytes) {
            Some(answer) => {
                self.instead = (answer, 0);
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // What is bare has a head alone.
        if let [head] = parts {
            return self.poll_write(cx, head);
        }
        ready!(self.poll_instead(cx))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The answer in place of a bare one. Every answer that this program gives has more headers, and no
/// part of a body looks like one: what is JSON has no line breaks, and the page's files are known.
fn dressed(answer: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(answer.get(..MOST.min(answer.len()))?).ok()?;
    let (status, fields) = text.strip_suffix("\r\n\r\n")?.split_once("\r\n")?;
    // Broken bytes are answered in the version of the request before them.
    let rest = status
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| status.strip_prefix("HTTP/1.0 "))?;
    let problem = match rest.get(..3)? {
        "400" => Problem::new(ErrorCode::RequestInvalid, "it does not follow HTTP/1.1"),
        "431" => Problem::new(ErrorCode::HeadTooLarge, ""),
        _ => return None,
    };
    let own = ["connection: close", "content-length: 0", "date: "];
    let is_own = |field: &str| own.iter().any(|own| field.starts_with(own));
    if answer.len() > MOST || !fields.split("\r\n").all(is_own) {
        return None;
    }
    let body = serde_json::to_string(&Failure::from(problem)).ok()?;
    let mut head = text.strip_suffix("\r\n")?.replace(
        "content-length: 0",
        &format!(
            "content-type: application/json\r\ncontent-length: {}",
            body.len()
        ),
    );
    for (name, value) in HEADERS {
        head += &format!("{name}: {value}\r\n");
    }
    Some([head, body].join("\r\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\
                        date: Tue, 24 Nov 2026 20:00:00 GMT\r\n\r\n";

    #[test]
    fn a_bare_answer_gets_headers_and_a_body() {
        let answer = dressed(BARE.as_bytes()).map(String::from_utf8);
        let answer = answer.expect("another answer").expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"));
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())));
        assert!(head.contains("\r\nx-content-type-options: nosniff\r\n"));
        assert!(head.contains("\r\ndate: Tue, 24 Nov 2026 20:00:00 GMT\r\n"));
        assert!(body.starts_with("{\"status\":\"error\",\"code\":\"request_invalid\","));
        assert!(dressed(BARE.replace("1.1", "1.0").as_bytes()).is_some());
        let large = BARE.replace("400 Bad Request", "431 Request Header Fields Too Large");
        let large = dressed(large.as_bytes()).map(String::from_utf8);
        assert!(
            large
                .expect("another")
                .expect("text")
                .contains("head_too_large")
        );
    }

    #[test]
    fn every_other_answer_stays() {
        for other in [
            "",
            "\r\n\r\n",
            &BARE[..BARE.len() - 2],
            &BARE.replace("400 Bad Request", "200 OK"),
            &BARE.replace("date", "x-content-type-options: nosniff\r\ndate"),
            &BARE.replace("content-length: 0", "content-length: 5"),
            &format!("{BARE}body"),
            &format!("body{BARE}"),
            &BARE.repeat(2),
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            assert_eq!(dressed(other.as_bytes()), None, "{other:?}");
        }
    }
}
