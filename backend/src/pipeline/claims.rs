//! What the command and its project are needed for at the moment. Nothing waits while it is locked,
//! so that no signal has to wait.

use std::sync::{Mutex, MutexGuard};

use podslate_shared::FolderName;
use tokio::sync::Notify;

use crate::lock::lock;

/// The claims on one command.
#[derive(Debug, Default)]
pub struct Claims {
    state: Mutex<State>,
    /// Tells when a project is no longer reserved.
    released: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Project that the command is being started in.
    starting: Option<FolderName>,
    /// Projects that are being renamed.
    reserved: Vec<FolderName>,
    /// Number of requests to stop.
    stops: u64,
}

/// A start that has begun.
#[derive(Debug)]
pub struct Starting<'c> {
    claims: &'c Claims,
    /// Number of requests to stop before.
    stops: u64,
}

/// A project that is reserved.
#[derive(Debug)]
pub struct Reserved<'c> {
    claims: &'c Claims,
    project: FolderName,
}

impl Claims {
    /// Waits until the project is not reserved, and keeps it from being reserved.
    pub async fn start(&self, project: &FolderName) -> Starting<'_> {
        loop {
            let mut released = std::pin::pin!(self.released.notified());
            released.as_mut().enable();
            {
                let mut state = self.state();
                if !state.reserved.contains(project) {
                    state.starting = Some(project.clone());
                    let stops = state.stops;
                    return Starting {
                        claims: self,
                        stops,
                    };
                }
            }
            released.await;
        }
    }

    /// Reserves a project, unless the command is being started or `is_running` in it.
    pub fn reserve(
        &self,
        project: &FolderName,
        is_running: impl FnOnce() -> bool,
    ) -> Option<Reserved<'_>> {
        let mut state = self.state();
        if state.starting.as_ref() == Some(project) || is_running() {
            return None;
        }
        state.reserved.push(project.clone());
        let project = project.clone();
        Some(Reserved {
            claims: self,
            project,
        })
    }

    /// Has the starts that have begun be stopped.
    pub fn stop(&self) {
        self.state().stops += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Starting<'_> {
    /// Whether a stop was requested since.
    pub fn is_stopped(&self) -> bool {
        self.claims.state().stops != self.stops
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.claims.state().starting = None;
    }
}

impl Reserved<'_> {
    /// The project.
    pub fn project(&self) -> &FolderName {
        &self.project
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut state = self.claims.state();
        let index = state.reserved.iter().position(|it| *it == self.project);
        if let Some(index) = index {
            state.reserved.swap_remove(index);
        }
        drop(state);
        self.claims.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_start_waits_for_a_rename_and_a_stop_for_nothing() {
        let claims = Claims::default();
        let [hero, robot] = ["Hero", "Robot"].map(|name| FolderName::parse(name).unwrap());
        let reserved = claims.reserve(&hero, || false).unwrap();
        assert!(claims.reserve(&robot, || true).is_none());
        let mut start = std::pin::pin!(claims.start(&hero));
        let is_ready = futures_util::poll!(start.as_mut()).is_ready();
        assert!(!is_ready);
        claims.stop();
        drop(reserved);
        let starting = start.await;
        assert!(!starting.is_stopped());
        assert!(claims.reserve(&hero, || false).is_none());
        claims.stop();
        assert!(starting.is_stopped());
        drop(starting);
        assert!(claims.reserve(&hero, || false).is_some());
    }
}
