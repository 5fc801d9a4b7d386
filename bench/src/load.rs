//! Requests on several connections at the same time.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::http::Connection;
use crate::samples::Samples;

/// Result of a load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests per second.
    pub rate: f64,
    /// Median time of a request, in milliseconds.
    pub latency: f64,
}

/// When a connection stops.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After this time, and at least one request.
    Elapsed(Duration),
    /// After this number of requests.
    Sent(usize),
}

/// Sends `GET path` on each of `connections` until `until`.
pub fn get(address: &str, connections: usize, path: &str, until: Until) -> Result<Load> {
    run(connections, until, || {
        let mut connection = Connection::open(address)?;
        Ok(move |_: usize| {
            connection.get(path)?.success()?;
            Ok(())
        })
    })
}

/// Sends `POST path` on each of `connections`, with the bodies of their numbers.
pub fn post(
    address: &str,
    connections: usize,
    path: &str,
    until: Until,
    body: impl Fn(usize) -> Value + Sync,
) -> Result<Load> {
    run(connections, until, || {
        let (mut connection, body) = (Connection::open(address)?, &body);
        Ok(move |number: usize| {
            connection.post(path, &body(number))?.success()?;
            Ok(())
        })
    })
}

/// Runs what `prepare` returns in threads, each with numbers of its own.
pub fn run<F: FnMut(usize) -> Result<()> + Send>(
    threads: usize,
    until: Until,
    prepare: impl Fn() -> Result<F>,
) -> Result<Load> {
    let workers: Result<Vec<F>> = (0..threads).map(|_| prepare()).collect();
    let start = Instant::now();
    let times = thread::scope(|scope| {
        let workers = workers?.into_iter().enumerate();
        let spawn = |(first, worker)| scope.spawn(move || work(worker, first, threads, until));
        let threads: Vec<_> = workers.map(spawn).collect();
        let results = threads.into_iter().map(|thread| thread.join());
        let times: Result<Vec<_>> = results.map(|result| result.expect("no panic")).collect();
        times
    })?;
    let elapsed = start.elapsed().as_secs_f64();
    let times: Samples = times.into_iter().flatten().collect();
    Ok(Load {
        rate: times.0.len() as f64 / elapsed,
        latency: times.median().context("no request was sent")?,
    })
}

fn work(
    mut send: impl FnMut(usize) -> Result<()>,
    first: usize,
    step: usize,
    until: Until,
) -> Result<Vec<f64>> {
    let (start, mut times) = (Instant::now(), Vec::new());
    for number in (first..).step_by(step) {
        let is_over = match until {
            Until::Elapsed(limit) => start.elapsed() >= limit && !times.is_empty(),
            Until::Sent(count) => times.len() >= count,
        };
        if is_over {
            break;
        }
        let begin = Instant::now();
        send(number)?;
        times.push(millis(begin.elapsed()));
    }
    Ok(times)
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_thread_has_numbers_of_its_own() {
        let seen = Mutex::new(Vec::new());
        let load = run(2, Until::Sent(3), || {
            Ok(|number| {
                seen.lock().unwrap().push(number);
                Ok(())
            })
        });
        assert!(load.unwrap().rate > 0.0);
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_error_ends_the_load() {
        let load = run(2, Until::Elapsed(Duration::from_secs(60)), || {
            Ok(|_| anyhow::bail!("refused"))
        });
        assert_eq!(load.unwrap_err().to_string(), "refused");
    }
}
