//! Signals of the system that end this process, or are passed on to the pipeline.
#![cfg_attr(
    unix,
    expect(
        clippy::disallowed_methods,
        reason = "what is in /proc comes from the kernel"
    )
)]

use std::task::{Context, Poll};

use anyhow::Result;
use podslate_backend::Pipeline;
use podslate_backend::pipeline::Signal;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::parent::Parent;

/// Tells whether a signal of the system has come, and wakes whoever asked when one comes.
type Source = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>;

/// Signals that this process handles. Those of a supervisor are apart, because a terminal or a
/// service manager may send a signal to both processes.
pub struct Signals {
    sources: Vec<(Source, Signal)>,
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
            sources: sources()?,
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
        let direct = std::future::poll_fn(|context| {
            for (source, name) in &mut self.sources {
                if source(context).is_ready() {
                    return Poll::Ready(*name);
                }
            }
            Poll::Pending
        });
        tokio::select! {
            signal = direct => (0, signal),
            Some(signal) = self.passed_on.recv() => (1, signal),
        }
    }
}

#[cfg(unix)]
fn sources() -> Result<Vec<(Source, Signal)>> {
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
    let sources = kinds.map(|(kind, name)| {
        let mut stream = signal(kind)?;
        let source: Source = Box::new(move |context| stream.poll_recv(context));
        Ok((source, name))
    });
    sources.collect()
}

/// The console tells that it is closed, and the system that it ends.
#[cfg(windows)]
fn sources() -> Result<Vec<(Source, Signal)>> {
    use tokio::signal::windows;
    let mut interrupt = windows::ctrl_c()?;
    let mut end = windows::ctrl_break()?;
    let mut close = windows::ctrl_close()?;
    let mut logoff = windows::ctrl_logoff()?;
    let mut shutdown = windows::ctrl_shutdown()?;
    Ok(vec![
        (
            Box::new(move |it| interrupt.poll_recv(it)),
            Signal::Interrupt,
        ),
        (Box::new(move |it| end.poll_recv(it)), Signal::Terminate),
        (Box::new(move |it| close.poll_recv(it)), Signal::Terminate),
        (Box::new(move |it| logoff.poll_recv(it)), Signal::Terminate),
        (
            Box::new(move |it| shutdown.poll_recv(it)),
            Signal::Terminate,
        ),
    ])
}
