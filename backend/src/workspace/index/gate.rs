//! Runs of one job that are shared by all who asked for one before it began.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use podslate_shared::Error;

use crate::lock::lock;

/// Longest time until a change of the interval is noticed.
const SLICE: Duration = Duration::from_secs(1);

/// Shares the runs of a job.
#[derive(Debug, Default)]
pub struct Gate {
    runs: Mutex<Runs>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Runs {
    begun: u64,
    ended: u64,
    /// Whether a thread of its own does the job, see [`Gate::serve`].
    is_served: bool,
    is_wanted: bool,
    is_running: bool,
    last: Option<Error>,
}

impl Gate {
    /// Waits for the end of a run that begins after this call; returns whether there was one in
    /// time. Where no thread serves the gate, and where it may wait for the disk (`may_run`), one of
    /// those who wait does the job.
    ///
    /// # Errors
    /// Those of the job.
    pub fn pass(
        &self,
        patience: Duration,
        may_run: bool,
        job: &dyn Fn() -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let deadline = Instant::now() + patience;
        let mut runs = lock(&self.runs);
        let ticket = runs.begun + 1;
        loop {
            if runs.ended >= ticket {
                return runs.last.clone().map_or(Ok(true), Err);
            }
            if (may_run || !runs.is_served) && !runs.is_running {
                runs = self.run(runs, job);
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            if !runs.is_wanted {
                runs.is_wanted = true;
                self.changed.notify_all();
            }
            runs = wait(&self.changed, runs, left);
        }
    }

    /// Whether no run is in progress and the last one succeeded.
    pub fn is_idle(&self) -> bool {
        let runs = lock(&self.runs);
        !runs.is_running && runs.begun > 0 && runs.last.is_none()
    }

    /// Error of the last run.
    pub fn problem(&self) -> Option<Error> {
        lock(&self.runs).last.clone()
    }

    /// Does the job whenever somebody waits for it, and after each `interval`, which is asked for
    /// anew, until `stop` says so.
    pub fn serve(
        &self,
        interval: &dyn Fn() -> Duration,
        stop: &dyn Fn() -> bool,
        job: &dyn Fn() -> Result<(), Error>,
    ) {
        let mut runs = lock(&self.runs);
        runs.is_served = true;
        while !stop() {
            runs.is_wanted = false;
            runs = self.run(runs, job);
            let ended = Instant::now();
            // The interval may become shorter meanwhile.
            while !runs.is_wanted && ended.elapsed() < interval() && !stop() {
                let left = interval().saturating_sub(ended.elapsed());
                runs = wait(&self.changed, runs, SLICE.min(left));
            }
        }
        runs.is_served = false;
        self.changed.notify_all();
    }

    /// Lets the thread that serves the gate notice that it has to stop.
    pub fn wake(&self) {
        let _runs = lock(&self.runs);
        self.changed.notify_all();
    }

    fn run<'g>(
        &'g self,
        mut runs: MutexGuard<'g, Runs>,
        job: &dyn Fn() -> Result<(), Error>,
    ) -> MutexGuard<'g, Runs> {
        runs.begun += 1;
        runs.is_running = true;
        drop(runs);
        // After a panic, too, the others must not wait for ever.
        let result = catch_unwind(AssertUnwindSafe(job)).unwrap_or(Err(Error::Internal));
        let mut runs = lock(&self.runs);
        runs.is_running = false;
        runs.ended = runs.begun;
        runs.last = result.err();
        self.changed.notify_all();
        runs
    }
}

fn wait<'g, T>(
    condition: &Condvar,
    guard: MutexGuard<'g, T>,
    timeout: Duration,
) -> MutexGuard<'g, T> {
    let waited = condition.wait_timeout(guard, timeout);
    waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier, LazyLock, mpsc};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

    #[test]
    fn those_who_wait_share_a_run_that_begins_after_they_asked() {
        let gate = Gate::default();
        let runs = AtomicUsize::new(0);
        let waiting = AtomicUsize::new(0);
        let (begun, release) = (Barrier::new(2), Barrier::new(2));
        let slow = || {
            match runs.fetch_add(1, Ordering::SeqCst) {
                0 => {
                    begun.wait();
                    release.wait();
                }
                // Until all are there to share the next one.
                1 => {
                    while waiting.load(Ordering::SeqCst) < 8 {
                        thread::yield_now();
                    }
                }
                _ => {}
            }
            Ok(())
        };
        thread::scope(|scope| {
            scope.spawn(|| gate.pass(LONG, false, &slow));
            begun.wait();
            let later: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        waiting.fetch_add(1, Ordering::SeqCst);
                        gate.pass(LONG, false, &slow)
                    })
                })
                .collect();
            assert_eq!(
                gate.pass(Duration::ZERO, false, &slow),
                Ok(false),
                "the first run goes on"
            );
            assert!(!gate.is_idle());
            release.wait();
            for waiter in later {
                assert_eq!(waiter.join().unwrap(), Ok(true));
            }
        });
        // Those who came after the second run had begun needed a third; each alone would make 9.
        let runs = runs.into_inner();
        assert!((2..=5).contains(&runs), "{runs}");
        assert!(gate.is_idle());
    }

    #[test]
    fn an_interval_that_becomes_shorter_counts() {
        let gate = Gate::default();
        let runs = AtomicUsize::new(0);
        // Long after the first run, none after the second.
        let interval = || match runs.load(Ordering::SeqCst) {
            1 if BEGUN.elapsed() < Duration::from_millis(50) => LONG,
            _ => Duration::ZERO,
        };
        LazyLock::force(&BEGUN);
        let stop = || runs.load(Ordering::SeqCst) > 2;
        gate.serve(&interval, &stop, &|| {
            runs.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        assert!(BEGUN.elapsed() < LONG / 2);
    }

    #[test]
    fn a_thread_serves_all_and_errors_reach_those_who_wait() {
        let gate = Arc::new(Gate::default());
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                let is_stopped = || stopped.try_recv() != Err(mpsc::TryRecvError::Empty);
                gate.serve(&|| LONG, &is_stopped, &|| Err(Error::DiskFull));
            })
        };
        while !lock(&gate.runs).is_served {
            thread::yield_now();
        }
        let mine = || panic!("the thread does the job");
        assert_eq!(gate.pass(LONG, false, &mine), Err(Error::DiskFull));
        assert!(!gate.is_idle(), "the last run failed");
        drop(stop);
        gate.wake();
        thread.join().unwrap();
        assert_eq!(gate.pass(LONG, false, &|| Ok(())), Ok(true));
    }
}
