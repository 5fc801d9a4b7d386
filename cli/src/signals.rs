//! Signals of the system that end this process, or are passed on to the pipeline.

use anyhow::Result;
use podslate_backend::Pipeline;
use podslate_backend::pipeline::Signal;

/// Signals that this process handles.
pub struct Signals {
    #[cfg(unix)]
    streams: Vec<(tokio::signal::unix::Signal, Signal)>,
}

/// Whether this process ignores SIGHUP, as under `nohup`: a handler would end that. `false` where
/// there is no `/proc`.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & HANGUP != 0)
}

/// Waits for a signal that ends this process.
pub async fn stop() {
    match Signals::new() {
        Ok(mut signals) => signals.end(None, false).await,
        // Without a handler the process ends at once when it is interrupted, which does no harm.
        Err(_) => std::future::pending().await,
    }
}

impl Signals {
    /// Installs the handlers, so that no signal is missed later.
    pub fn new() -> Result<Self> {
        #[cfg(unix)]
        {
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
            Ok(Self {
                streams: streams.collect::<Result<_>>()?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits until this process has to end: by a signal, which is passed on to the pipeline at the
    /// same moment, or with the pipeline if `ends_with_pipeline`.
    pub async fn end(&mut self, pipeline: Option<Pipeline>, ends_with_pipeline: bool) {
        let ended = async {
            match &pipeline {
                Some(pipeline) if ends_with_pipeline => drop(pipeline.wait().await),
                _ => std::future::pending().await,
            }
        };
        tokio::pin!(ended);
        loop {
            let signal = tokio::select! {
                signal = self.next() => signal,
                () = &mut ended => return,
            };
            match (signal, &pipeline) {
                (Signal::User1 | Signal::User2, Some(pipeline)) => pipeline.signal(signal),
                (Signal::User1 | Signal::User2, None) => {}
                (_, Some(pipeline)) => {
                    let pipeline = pipeline.clone();
                    tokio::spawn(async move { pipeline.stop(signal).await });
                    return;
                }
                (_, None) => return,
            }
        }
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (stream, name) in &mut self.streams {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*name);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        // Without a handler the process ends at once when it is interrupted, which does no harm.
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
