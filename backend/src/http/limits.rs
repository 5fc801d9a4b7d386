//! Limits of the server: sizes, times and counts.

use std::time::Duration;

/// Maximum size of a request body, in bytes; the error's sentence repeats it.
pub const BODY_SIZE: usize = 16 * 1024;
/// Maximum size of a request head, in bytes.
pub const HEAD_SIZE: usize = 16 * 1024;
/// Time to receive the body of a request.
pub const BODY_TIME: Duration = Duration::from_secs(10);
/// Time to receive the head of a request, and to wait for it on an open connection.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time after which a client that reads nothing of a response is cut off.
pub const WRITE_TIME: Duration = Duration::from_secs(10);
/// The same, and for clients that send nothing, once the server ends.
pub const STALL_TIME: Duration = Duration::from_secs(1);
/// Least silence after which a connection gives its place up for a new one, if there is no other.
pub const MIN_SILENCE: Duration = Duration::from_millis(250);
/// Time to answer a request. The worker's limit of 30 seconds fits into it.
pub const RESPONSE_TIME: Duration = Duration::from_secs(45);
/// Time that active requests have to end after the signal to stop. Containers are killed after 10
/// seconds by default.
pub const DRAIN_TIME: Duration = Duration::from_secs(8);
/// Life of a stream of events: proxies cut connections after 100 seconds.
pub const EVENTS_TIME: Duration = Duration::from_secs(90);
/// Time after which a client continues a stream that has ended; browsers would wait some seconds.
pub const RETRY: Duration = Duration::from_millis(500);
/// Least time between two events of a stream.
pub const EVENT_INTERVAL: Duration = Duration::from_millis(100);
/// Time after which a silent stream sends a comment.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Time between two recoveries.
pub const RECOVERY_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Maximum number of connections, if the system allows that many. Seven eighths of them may come
/// from one address.
pub const MAX_CONNECTIONS: usize = 12_000;
/// Maximum number of connections beyond those, which wait for a place.
pub const MAX_WAITING: usize = 64;
/// Number of files that stay available for everything but connections.
#[cfg(unix)]
pub const RESERVED_FILES: u64 = 128;
/// Maximum number of concurrent changes of the workspace; more would only wait for the disk.
pub const MAX_CHANGES: usize = 64;
/// Maximum number of concurrent reads of the workspace.
pub const MAX_READS: usize = 32;
/// Maximum number of projects on a page that counts as small.
pub const SMALL_PAGE: usize = 500;
/// Maximum length of a request ID that a client chooses, in bytes.
pub const MAX_REQUEST_ID: usize = 128;

/// Life of a session and its cookie.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Maximum number of sessions that are remembered because they were ended before their time.
pub const MAX_ENDED_SESSIONS: usize = 100_000;
/// Maximum number of wrong tokens per [`WRONG_TOKENS_WINDOW`], from all clients, that are answered
/// with `unauthorized`.
pub const MAX_WRONG_TOKENS: u32 = 12;
/// Window for counting wrong tokens.
pub const WRONG_TOKENS_WINDOW: Duration = Duration::from_secs(60);
