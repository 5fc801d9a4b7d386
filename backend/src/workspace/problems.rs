//! Problems of the projects in a workspace, read once and without counting files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use podslate_shared::api::{Problems, Sort, Warning};

use super::Workspace;
use super::index::Start;
use super::project::{ConfigState, config_state, name_warning};

/// Number of configurations that are read at the same time.
const READERS: usize = 8;

impl Workspace {
    /// Problems of the projects that are known already, in the order of their names, as far as they
    /// are found in `time`; and the number of projects whose configuration was not read in that
    /// time.
    pub fn problems(&self, time: Duration) -> (Vec<Problems>, usize) {
        let state = self.index.state();
        let projects = state.entries.ordered(Sort::Name, &Start::Offset(0));
        let named = projects.map(|(key, ..)| {
            let conflict = state.entries.has_case_conflict(key);
            let conflict = conflict.then_some(Warning::CaseConflict);
            let warnings = [name_warning(key.name()), conflict];
            let warnings = warnings.into_iter().flatten().collect::<Vec<_>>();
            (key.name().to_owned(), warnings)
        });
        let named: Vec<_> = named.collect();
        drop(state);
        let folders = named.iter().map(|(name, _)| self.root().join(name));
        let mut states = config_states(folders.collect(), time);
        let unread = named.len() - states.len();
        let problems = named.into_iter().enumerate();
        let problems = problems.map(|(index, (project_name, mut warnings))| {
            let config = states.remove(&index).unwrap_or_default();
            warnings.extend(config.warning);
            Problems {
                project_name,
                warnings,
                config_problem: config.problem,
            }
        });
        let has_problem = |problems: &Problems| !problems.warnings.is_empty();
        (problems.filter(has_problem).collect(), unread)
    }
}

/// States of the configurations in folders, by the number of the folder. A volume that hangs holds
/// up the threads, but not the caller.
fn config_states(folders: Vec<PathBuf>, time: Duration) -> HashMap<usize, ConfigState> {
    let deadline = Instant::now() + time;
    let (sender, receiver) = mpsc::channel();
    let (folders, next) = (Arc::new(folders), Arc::new(AtomicUsize::new(0)));
    for _ in 0..READERS.min(folders.len()) {
        let (sender, folders, next) = (sender.clone(), Arc::clone(&folders), Arc::clone(&next));
        let read = move || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(folder) = folders.get(index) else {
                    return;
                };
                if Instant::now() > deadline || sender.send((index, config_state(folder))).is_err()
                {
                    return;
                }
            }
        };
        // With fewer threads it takes longer.
        let _ = thread::Builder::new().spawn(read);
    }
    drop(sender);
    let mut states = HashMap::new();
    let left = || deadline.saturating_duration_since(Instant::now());
    while let Ok((index, state)) = receiver.recv_timeout(left()) {
        states.insert(index, state);
    }
    states
}
