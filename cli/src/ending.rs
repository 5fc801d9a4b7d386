//! The end of the server, which comes in time whatever its threads wait for.

use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use podslate_backend::Pipeline;
use podslate_backend::pipeline::Signal;

use crate::log;
use crate::parent::{Message, Parent};
use crate::signals::Signals;

/// Time from the first signal until the process exits; its supervisor kills it shortly after.
const GRACE: Duration = Duration::from_millis(8500);

/// What ends with the server.
#[derive(Clone, Debug)]
pub struct Ending {
    pub parent: Arc<Parent>,
    pub pipeline: Option<Pipeline>,
    /// Whether the server ends with the pipeline.
    pub is_with_pipeline: bool,
}

impl Ending {
    /// Waits until the server has to end, by a signal, which goes to the pipeline at the same
    /// moment, or with the pipeline. From then on the time is limited, and a second signal ends
    /// the process at once.
    pub async fn wait(self, mut signals: Signals) {
        let pipeline_ended = async {
            match &self.pipeline {
                Some(pipeline) if self.is_with_pipeline => pipeline.wait().await,
                _ => std::future::pending().await,
            }
        };
        let code = tokio::select! {
            signal = signals.stop(self.pipeline.as_ref()) => {
                self.stop_pipeline(signal);
                code_of(signal)
            }
            code = pipeline_ended => {
                self.parent.tell(Message::Ending(code));
                code
            }
        };
        let late = self.clone();
        thread::spawn(move || {
            thread::sleep(GRACE);
            late.exit(code);
        });
        tokio::spawn(async move {
            let signal = signals.second_stop(self.pipeline.as_ref()).await;
            self.exit(code_of(signal));
        });
    }

    fn stop_pipeline(&self, signal: Signal) {
        if let Some(pipeline) = self.pipeline.clone() {
            tokio::spawn(async move { pipeline.stop(signal).await });
        }
    }

    /// Exits without waiting for anything but the log.
    fn exit(&self, code: u8) {
        if let Some(pipeline) = &self.pipeline {
            pipeline.kill();
        }
        log::flush();
        process::exit(code.into());
    }
}

/// Exit code of a process that a signal ends.
fn code_of(signal: Signal) -> u8 {
    match signal {
        Signal::Interrupt => 128 + 2,
        _ => 128 + 15,
    }
}
