//! Limits the lines of each kind of event, so that nobody fills a disk with what the server says of
//! them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Maximum number of lines of a kind in a burst.
const BURST: f64 = 100.0;
/// Lines of a kind per second afterwards.
const RATE: f64 = 2.0;
/// Has a limit of its own.
const PIPELINE: &str = "pipeline";

/// The limit of all kinds.
#[derive(Clone, Debug, Default)]
pub struct Limit(Arc<Mutex<HashMap<Identifier, Kind>>>);

#[derive(Debug)]
struct Kind {
    allowed: f64,
    updated: Instant,
    skipped: u64,
    /// Message of the first skipped event.
    message: String,
}

impl Limit {
    /// Logs how many lines were left out since the last report.
    pub fn report(&self) {
        for (lines, like) in self.take_skipped() {
            tracing::warn!(lines, like, "similar lines were left out");
        }
    }

    fn take_skipped(&self) -> Vec<(u64, String)> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = kinds.values_mut().filter(|kind| kind.skipped > 0);
        skipped
            .map(|kind| {
                (
                    std::mem::take(&mut kind.skipped),
                    std::mem::take(&mut kind.message),
                )
            })
            .collect()
    }

    fn allows(&self, event: &Event<'_>) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds.entry(event.metadata().callsite()).or_insert(Kind {
            allowed: BURST,
            updated: Instant::now(),
            skipped: 0,
            message: String::new(),
        });
        let new = kind.updated.elapsed().as_secs_f64() * RATE;
        kind.allowed = BURST.min(kind.allowed + new);
        kind.updated = Instant::now();
        let is_allowed = kind.allowed >= 1.0;
        if is_allowed {
            kind.allowed -= 1.0;
            return true;
        }
        if kind.skipped == 0 {
            event.record(&mut Message(&mut kind.message));
        }
        kind.skipped += 1;
        false
    }
}

/// Finds the message of an event.
struct Message<'m>(&'m mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            *self.0 = format!("{value:?}");
        }
    }
}

impl<S: Subscriber> Layer<S> for Limit {
    /// Only what is logged by default is limited: who asks for more wants all of it.
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let is_limited = *metadata.level() <= Level::INFO && metadata.target() != PIPELINE;
        !is_limited || self.allows(event)
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let mut message = String::new();
            event.record(&mut Message(&mut message));
            self.0.lock().unwrap().push(message);
        }
    }

    #[test]
    fn a_flood_of_one_kind_is_counted_and_the_others_are_logged() {
        let (limit, lines) = (Limit::default(), Lines::default());
        let subscriber = tracing_subscriber::registry()
            .with(limit.clone())
            .with(lines.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..1000 {
                tracing::info!(number, "flood");
                tracing::debug!(number, "detail");
                tracing::info!(target: "pipeline", number, "output");
            }
            tracing::warn!("other");
        });
        let lines = lines.0.lock().unwrap();
        let count = |text: &str| lines.iter().filter(|line| *line == text).count();
        let flood = count("flood");
        assert!((100..110).contains(&flood), "{flood}");
        assert_eq!(
            (count("detail"), count("output"), count("other")),
            (1000, 1000, 1)
        );
        let skipped = limit.take_skipped();
        assert_eq!(skipped, [(1000 - flood as u64, "flood".to_owned())]);
        assert_eq!(limit.take_skipped(), []);
    }
}
