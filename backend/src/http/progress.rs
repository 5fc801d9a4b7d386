//! What a connection does, seen from its stream and its requests.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Progress of one connection.
#[derive(Debug)]
pub struct Progress {
    /// Time of the last step, in milliseconds.
    since: AtomicU64,
    /// Requests without a complete response.
    requests: AtomicUsize,
    /// Whether the body of a request is being received.
    is_receiving: AtomicBool,
    /// Whether bytes wait for the client to read.
    is_stalled: AtomicBool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            since: AtomicU64::new(now()),
            requests: AtomicUsize::default(),
            is_receiving: AtomicBool::default(),
            is_stalled: AtomicBool::default(),
        }
    }
}

/// Milliseconds since the first call.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Progress {
    /// Time for which the client has not read what waits for it.
    pub fn stalled_for(&self) -> Option<Duration> {
        self.is_stalled.load(Relaxed).then(|| self.age())
    }

    /// Time for which no request has arrived.
    pub fn idle_for(&self) -> Option<Duration> {
        (self.requests.load(Relaxed) == 0).then(|| self.age())
    }

    /// Time for which the server waits for the client; `None` while the client waits.
    pub fn silent_for(&self) -> Option<Duration> {
        let is_silent = self.requests.load(Relaxed) == 0
            || self.is_receiving.load(Relaxed)
            || self.is_stalled.load(Relaxed);
        is_silent.then(|| self.age())
    }

    /// A request has arrived, without its body if it `is_receiving`.
    pub fn begin_request(&self, is_receiving: bool) {
        self.requests.fetch_add(1, Relaxed);
        self.is_receiving.store(is_receiving, Relaxed);
        self.step();
    }

    /// The response to a request is complete.
    pub fn end_request(&self) {
        self.requests.fetch_sub(1, Relaxed);
        self.step();
    }

    fn end_body(&self) {
        if self.is_receiving.swap(false, Relaxed) {
            self.step();
        }
    }

    fn wrote(&self, is_stalled: bool) {
        if !self.is_stalled.swap(is_stalled, Relaxed) || !is_stalled {
            self.step();
        }
    }

    fn step(&self) {
        self.since.store(now(), Relaxed);
    }

    fn age(&self) -> Duration {
        Duration::from_millis(now().saturating_sub(self.since.load(Relaxed)))
    }
}

/// The stream of a connection.
#[derive(Debug)]
pub struct Stream {
    stream: TcpStream,
    progress: Arc<Progress>,
}

impl Stream {
    pub fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        Self { stream, progress }
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        self.progress.wrote(written.is_pending());
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body that notes its end.
#[derive(Debug)]
pub struct Noted<B> {
    body: B,
    /// Called once.
    end: fn(&Progress),
    progress: Option<Arc<Progress>>,
}

/// Notes a request and the end of its body.
pub fn note_request(
    request: Request<Incoming>,
    progress: &Arc<Progress>,
) -> Request<Noted<Incoming>> {
    progress.begin_request(!request.body().is_end_stream());
    request.map(|body| Noted {
        body,
        end: Progress::end_body,
        progress: Some(Arc::clone(progress)),
    })
}

/// Notes the end of a response.
pub fn note_response(response: Response<Body>, progress: Arc<Progress>) -> Response<Noted<Body>> {
    response.map(|body| Noted {
        body,
        end: Progress::end_request,
        progress: Some(progress),
    })
}

impl<B> Noted<B> {
    fn note(&mut self) {
        if let Some(progress) = self.progress.take() {
            (self.end)(&progress);
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Noted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.note();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Noted<B> {
    fn drop(&mut self) {
        if let Some(progress) = self.progress.take() {
            (self.end)(&progress);
        }
    }
}
