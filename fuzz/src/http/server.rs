//! The server, as it is started for people.

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

/// Longer than any limit of the server.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name of the threads where the servers may block.
const BLOCKING: &str = "blocking";

/// Panics of the servers since the start.
static PANICS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether servers run in this thread now.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// A server that runs until the process ends, while somebody waits for an answer.
pub struct Server(SocketAddr);

impl Server {
    /// Starts a server.
    pub fn start(workspace: &Path, token: Option<Token>) -> Self {
        let worker = podslate_backend::worker().expect("the worker runs");
        let workspace = Workspace::open(workspace, worker).expect("the workspace is there");
        let config = Config {
            token,
            ..Config::new(workspace)
        };
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let stop = std::future::pending();
        runtime.spawn(podslate_backend::serve(listener, config, stop));
        Self(address)
    }

    /// All that the server says to these bytes until it closes the connection.
    pub fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let before = PANICS.load(Ordering::SeqCst);
        SERVES.set(true);
        let told = runtime().block_on(async { timeout(PATIENCE, self.talk(bytes)).await });
        SERVES.set(false);
        let panics = PANICS.load(Ordering::SeqCst) - before;
        assert_eq!(panics, 0, "a part of the server panicked");
        told.expect("the server answers or closes")
    }

    async fn talk(&self, bytes: &[u8]) -> Vec<u8> {
        let connected = TcpStream::connect(self.0).await;
        let mut stream = connected.expect("the server listens");
        let (mut reader, mut writer) = stream.split();
        let mut told = Vec::new();
        // The server may close before it has read all; what it said until then is kept.
        let _ = tokio::join!(writer.write_all(bytes), reader.read_to_end(&mut told));
        told
    }
}

/// One for all servers and the client, in one thread because passing things on to others takes
/// longer than all they do. The first use has panics counted, wherever they are caught.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_blocking = std::thread::current().name() == Some(BLOCKING);
            PANICS.fetch_add(usize::from(is_blocking || SERVES.get()), Ordering::SeqCst);
            hook(panic);
        }));
        tokio::runtime::Builder::new_current_thread()
            .thread_name(BLOCKING)
            .enable_all()
            .build()
            .expect("threads can be started")
    })
}
