//! Signals of the system that end this process, or are passed on to the pipeline.
#![expect(
    clippy::disallowed_methods,
    reason = "what is in /proc comes from the kernel"
)]

use anyhow::Result;
use podslate_backend::Pipeline;
use podslate_backend::pipeline::Signal;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::parent::Parent;

/// Signals that this process handles. Those of a supervisor are apart, because a terminal or a
/// service manager may send a signal to both processes.
pub struct Signals {
    #[cfg(unix)]
    streams: Vec<(tokio::signal::unix::Signal, Signal)>,
    passed_on: UnboundedReceiver<Signal>,
    /// Whether a signal to end has come, directly and from the supervisor.
    has_come: [bool; 2],
}

/// Whether this process ignores SIGHUP, as under `nohup`: a handler would end that. `false` where
/// there is no `/proc`.
#[cfg(unix)]
pub fn ignores_hangup() -> bool {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & HANGUP != 0)
}

/// Waits for a signal that ends this process.
pub async fn stop() {
    match Signals::new(&Parent::default()) {
        Ok(mut signals) => _ = signals.stop(None).await,
        // Without a handler the process ends at once when it is interrupted, which does no harm.
        Err(_) => std::future::pending().await,
    }
}

impl Signals {
    /// Installs the handlers, so that no signal is missed later.
    pub fn new(parent: &Parent) -> Result<Self> {
        let (sender, passed_on) = mpsc::unbounded_channel();
        parent.forward(sender);
        Ok(Self {
            #[cfg(unix)]
            streams: streams()?,
            passed_on,
            has_come: [false; 2],
        })
    }

    /// Waits for a signal to end; user signals go to the pipeline meanwhile.
    pub async fn stop(&mut self, pipeline: Option<&Pipeline>) -> Signal {
        self.wait(pipeline, |_| true).await
    }

    /// Waits for a second signal to end from the same sender as the first.
    pub async fn second_stop(&mut self, pipeline: Option<&Pipeline>) -> Signal {
        self.wait(pipeline, |is_second| is_second).await
    }

    async fn wait(&mut self, pipeline: Option<&Pipeline>, is_right: fn(bool) -> bool) -> Signal {
        loop {
            let (sender, signal) = self.next().await;
            if matches!(signal, Signal::User1 | Signal::User2) {
                if let Some(pipeline) = pipeline {
                    pipeline.signal(signal);
                }
            } else if is_right(std::mem::replace(&mut self.has_come[sender], true)) {
                return signal;
            }
        }
    }

    /// The next signal, and the number of its sender.
    async fn next(&mut self) -> (usize, Signal) {
        #[cfg(unix)]
        let direct = std::future::poll_fn(|context| {
            for (stream, name) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*name);
                }
            }
            std::task::Poll::Pending
        });
        #[cfg(not(unix))]
        let direct = async {
            // Without a handler the process ends at once when it is interrupted, which does no
            // harm.
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = direct => (0, signal),
            Some(signal) = self.passed_on.recv() => (1, signal),
        }
    }
}

#[cfg(unix)]
fn streams() -> Result<Vec<(tokio::signal::unix::Signal, Signal)>> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::Terminate),
        (SignalKind::user_defined1(), Signal::User1),
        (SignalKind::user_defined2(), Signal::User2),
    ];
    let is_handled = |kind: SignalKind| kind != SignalKind::hangup() || !ignores_hangup();
    let kinds = kinds.into_iter().filter(|(kind, _)| is_handled(*kind));
    let streams = kinds.map(|(kind, name)| Ok((signal(kind)?, name)));
    streams.collect()
}
