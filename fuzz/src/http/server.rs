//! The server in this process.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use podslate_backend::{Config, Token, Workspace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// Longer than every limit of the server.
const PATIENCE: Duration = Duration::from_secs(60);
/// Name of the threads on which the servers may block.
const BLOCKING: &str = "blocking";

/// Number of panics of the servers.
static PANICS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether servers are running on this thread.
    static IS_SERVING: Cell<bool> = const { Cell::new(false) };
}

/// A server that lives as long as the process, and runs while a response is awaited.
pub struct Server(SocketAddr);

impl Server {
    /// Starts a server.
    pub fn start(workspace: &Path, token: Option<Token>) -> Self {
        let worker = podslate_backend::worker().expect("a worker");
        let workspace = Workspace::open(workspace, worker).expect("a workspace");
        let config = Config {
            token,
            ..Config::new(workspace)
        };
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stop = std::future::pending();
        runtime.spawn(podslate_backend::serve(listener, config, stop));
        Self(address)
    }

    /// Sends bytes; everything that the server sends until it closes the connection.
    pub fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let before = PANICS.load(Ordering::SeqCst);
        IS_SERVING.set(true);
        let received = runtime().block_on(async { timeout(PATIENCE, self.exchange(bytes)).await });
        IS_SERVING.set(false);
        let panics = PANICS.load(Ordering::SeqCst) - before;
        assert_eq!(panics, 0, "the server panicked");
        received.expect("the server responds or closes the connection")
    }

    async fn exchange(&self, bytes: &[u8]) -> Vec<u8> {
        let stream = TcpStream::connect(self.0).await;
        let mut stream = stream.expect("a connection");
        let (mut reader, mut writer) = stream.split();
        let mut received = Vec::new();
        // The server may close the connection before it has read everything; what it sent counts.
        let _ = tokio::join!(writer.write_all(bytes), reader.read_to_end(&mut received));
        received
    }
}

/// Runtime of all servers and of the client: one thread, because switching between threads takes
/// longer than all their work. The first use starts counting panics, even those that are caught.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_blocking = std::thread::current().name() == Some(BLOCKING);
            let is_server = is_blocking || IS_SERVING.get();
            PANICS.fetch_add(usize::from(is_server), Ordering::SeqCst);
            hook(panic);
        }));
        tokio::runtime::Builder::new_current_thread()
            .thread_name(BLOCKING)
            .enable_all()
            .build()
            .expect("a runtime")
    })
}
