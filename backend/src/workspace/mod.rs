//! A workspace and its projects: listed from an index, changed by the worker.

mod changes;
mod dir;
mod former;
mod index;
mod list;
mod pristine;
mod problems;
mod project;
mod stamp;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use podslate_sandbox::{Worker, disk_check};
use podslate_shared::api::{ListQuery, NameCheck, Sort, Success};
use podslate_shared::{
    Created, Done, Error, ErrorCode, FolderName, ProjectName, Recovered, Renamed, name,
};

use crate::lock::lock;
pub use changes::Follower;
use former::Former;
use index::{Index, Start};
pub use list::Answer;
pub use project::Details;

/// Maximum number of names to try for one that is free.
const MAX_NUMBER: usize = 1_000;
/// Number of locks that names share.
const LOCKS: usize = 64;
/// Time that a list waits for the disk before it says how old it is, and for the first look at all
/// folders before it says that it is not complete.
const LIST_PATIENCE: Duration = Duration::from_millis(100);
const FIRST_PATIENCE: Duration = Duration::from_millis(300);
/// Time that everything else waits for the disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of projects. Every method blocks.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    /// The same without links.
    real: PathBuf,
    worker: Worker,
    index: Arc<Index>,
    answers: Mutex<list::Answers>,
    /// See [`Workspace::lock_name`].
    locks: [Mutex<()>; LOCKS],
}

impl Workspace {
    /// Opens the workspace at `path` and creates the folder if it does not exist.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`] if it cannot be created, is not a folder or cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "the worker can only work in a folder that exists"
    )]
    pub fn open_or_create(path: &Path, worker: Worker) -> Result<Self, Error> {
        match fs::create_dir_all(path) {
            Err(error) if !path.is_dir() => Err(dir::unavailable(path, error.kind())),
            _ => Self::open(path, worker),
        }
    }

    /// Opens the workspace at `path`.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`] if it does not exist, is not a folder or cannot be read.
    pub fn open(path: &Path, worker: Worker) -> Result<Self, Error> {
        let root = std::path::absolute(path);
        let root = root.map_err(|error| dir::unavailable(path, error.kind()))?;
        let real = podslate_disk::real_path(&root);
        let real = real.map_err(|error| dir::unavailable(&root, error.kind()))?;
        dir::check_local(&root, &real)?;
        dir::read(&real)?;
        Ok(Self {
            index: Arc::new(Index::new(&real, true)),
            root,
            real,
            worker,
            answers: Mutex::default(),
            locks: [const { Mutex::new(()) }; LOCKS],
        })
    }

    /// Absolute path of the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Checks that this program can write to the workspace.
    ///
    /// # Errors
    /// [`Error::WorkspaceReadOnly`] or [`Error::DiskFull`].
    pub fn check_writable(&self) -> Result<(), Error> {
        disk_check::check_writable(&self.root)
    }

    /// Compares times of folders instead of using the notifications of the operating system.
    pub fn compare_times(&mut self) {
        self.index = Arc::new(Index::new(&self.real, false));
    }

    /// Keeps the index current in threads of its own, for as long as the workspace exists.
    ///
    /// # Errors
    /// The system allows no more threads.
    pub fn start_index(&self) -> std::io::Result<()> {
        self.index.start()
    }

    /// Why changes by other programs are not reported by the operating system; `None` if they are.
    pub fn unnotified(&self) -> Option<&str> {
        self.index.unnotified()
    }

    /// Why the workspace cannot be used, as far as is known without waiting for the disk.
    pub fn problem(&self) -> Option<Error> {
        self.index.problem()
    }

    /// Names of all projects in alphabetical order, case-insensitively.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`], or [`Error::TimedOut`] if the disk does not respond.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        self.confirm()?;
        if !self.index.settle(PATIENCE) {
            return Err(Error::TimedOut);
        }
        let state = self.index.state();
        let projects = state.entries.ordered(Sort::Name, &Start::Offset(0));
        Ok(projects.map(|(key, ..)| key.name().to_owned()).collect())
    }

    /// Names of at most this many projects in any order, found without reading the whole workspace.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn some_names(&self, limit: usize) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for entry in dir::read(&self.real)? {
            let entry = entry.map_err(|error| dir::unavailable(&self.root, error.kind()))?;
            let name = entry.name().to_string_lossy().into_owned();
            if !name.starts_with('.')
                && entry.is_folder()
                && project::is_project(&self.real.join(&name))
            {
                names.push(name);
                if names.len() == limit {
                    break;
                }
            }
        }
        Ok(names)
    }

    /// The list of the projects that match a query. It waits for the disk only for a moment, and
    /// says otherwise how old it is.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`], or [`Error::ProjectNotFound`] or [`Error::RequestInvalid`]
    /// for `after`.
    pub fn list(&self, query: &ListQuery) -> Result<Answer, Error> {
        self.index.confirm(LIST_PATIENCE, false)?;
        if !self.index.settle(FIRST_PATIENCE) {
            tracing::debug!("the first look at the workspace goes on");
        }
        let state = self.index.state();
        // A kept answer is so new that its projects still count as looked at.
        if let Some(answer) = lock(&self.answers).get(query, state.journal.revision()) {
            return Ok(answer);
        }
        let selection = list::select(&state, query)?;
        drop(state);
        self.index
            .viewed(selection.projects.iter().map(list::Row::name));
        let answer = list::answer(&selection, &self.root)?;
        lock(&self.answers).keep(query, selection.revision, &answer);
        Ok(answer)
    }

    /// Follows the list from its current revision.
    pub fn follow(&self) -> Follower {
        Follower::new(&self.root, &self.index)
    }

    /// One project with its configuration.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`] or [`Error::WorkspaceUnavailable`].
    pub fn details(&self, name: &FolderName) -> Result<Details, Error> {
        let details = project::read_details(&self.root, &self.real, name);
        details.map_err(|error| self.explain_missing(error, name.as_str()))
    }

    /// The project that had a name before, which no entry of the workspace has now.
    ///
    /// # Errors
    /// [`Error::FormerNameAmbiguous`] or [`Error::WorkspaceUnavailable`].
    pub fn former(&self, name: &str) -> Result<Option<FolderName>, Error> {
        if podslate_disk::metadata_in(&self.real, name).is_ok() {
            return Ok(None);
        }
        match former::find(&self.real, name, true)? {
            Former::None => Ok(None),
            Former::One(project) => Ok(Some(project)),
            Former::Several(projects) => Err(Error::FormerNameAmbiguous {
                name: name.to_owned(),
                projects: projects.join(", "),
            }),
        }
    }

    /// Says where a missing project went, if it was renamed.
    fn explain_missing(&self, error: Error, name: &str) -> Error {
        if error.code() != ErrorCode::ProjectNotFound {
            return error;
        }
        match former::find(&self.real, name, false) {
            Ok(Former::One(new_name)) => Error::Renamed {
                name: name.to_owned(),
                new_name,
            },
            _ => error,
        }
    }

    /// Whether a project called `text` can be created. Nothing is changed.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn check(&self, text: &str) -> Result<NameCheck, Error> {
        let response = |path: Option<String>, problem: Option<Error>| NameCheck {
            status: Success::Success,
            project_name: text.to_owned(),
            available: problem.is_none(),
            project_path: path,
            problem: problem.map(Into::into),
            adoptable: None,
        };
        let name = match ProjectName::parse(text) {
            Ok(name) => name,
            Err(invalid) => return Ok(response(None, Some(invalid.into()))),
        };
        let path = self.root.join(name.as_str()).display().to_string();
        match self.check_available(&name) {
            Err(error) if !error.code().is_refusal() => Err(error),
            checked => {
                let mut check = response(Some(path), checked.err());
                if let Some(problem) = &mut check.problem {
                    problem.suggestion = self.free_name(&name);
                }
                Ok(check)
            }
        }
    }

    /// A name like this one with a number that no entry has yet, in any case.
    fn free_name(&self, name: &ProjectName) -> Option<String> {
        let state = self.index.state();
        let is_free = |name: &ProjectName| state.entries.alike(name.as_str()).next().is_none();
        let mut numbered = name::numbered(name).take(MAX_NUMBER);
        numbered.find(is_free).map(String::from)
    }

    /// Creates a project.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::CaseConflict`], or as for [`Worker::create`].
    pub fn create(&self, name: &ProjectName) -> Result<Created, Error> {
        let _lock = self.lock_name(name);
        self.check_available(name)?;
        let created = self.worker.create(&self.root, name)?;
        self.index.created(name.as_str());
        Ok(created)
    }

    /// Creates a project, or adds the missing parts of an existing one without changing its files.
    ///
    /// # Errors
    /// [`Error::CaseConflict`], [`Error::NotAProject`], or as for [`Worker::complete`].
    pub fn complete(&self, name: &ProjectName) -> Result<Done, Error> {
        let _lock = self.lock_name(name);
        self.check_case(name, None)?;
        let done = self.worker.complete(&self.root, name)?;
        self.index.touched(name.as_str());
        Ok(done)
    }

    /// Renames a project.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::NameTaken`], [`Error::CaseConflict`], or as for
    /// [`Worker::rename`].
    pub fn rename(&self, old: &FolderName, new: &ProjectName) -> Result<Renamed, Error> {
        let _lock = self.lock_name(new);
        self.check_case(new, Some(old.as_str()))?;
        let renamed = self.worker.rename(&self.root, old, new);
        let renamed = renamed.map_err(|error| self.explain_missing(error, old.as_str()))?;
        self.index.renamed(old.as_str(), new.as_str());
        Ok(renamed)
    }

    /// Repairs or cleans up after interrupted operations.
    ///
    /// # Errors
    /// As for [`Worker::recover`].
    pub fn recover(&self) -> Result<Recovered, Error> {
        self.worker.recover(&self.root)
    }

    /// Removes stale entries, and repairs or cleans up in the projects where the index has seen
    /// that this is needed: in those found since the last call, or in `all`.
    ///
    /// # Errors
    /// As for [`Worker::recover`].
    pub fn recover_found(&self, all: bool) -> Result<Recovered, Error> {
        self.confirm()?;
        // The worker looks at every entry, so it is only asked where there is something to remove.
        let has_leftover = self.index.state().has_leftover;
        let mut sum = match has_leftover {
            true if all => self.worker.remove_stale(&self.root)?,
            _ => Recovered::default(),
        };
        let mut result = Ok(());
        for name in self.index.take_interrupted(all) {
            let Ok(name) = FolderName::parse(&name) else {
                continue;
            };
            match self.worker.recover_project(&self.root, &name) {
                Ok(recovered) => {
                    sum.repaired.extend(recovered.repaired);
                    sum.previous.extend(recovered.previous);
                    sum.removed.extend(recovered.removed);
                    sum.left.extend(recovered.left);
                }
                // The others can be recovered nevertheless.
                Err(error) => result = Err(error),
            }
            self.index.touched(name.as_str());
        }
        result.map(|()| sum)
    }

    /// Waits until the index has seen interrupted changes in projects.
    pub async fn found_interrupted(&self) {
        self.index.found_interrupted().await;
    }

    /// Waits until the index is current.
    fn confirm(&self) -> Result<(), Error> {
        match self.index.confirm(PATIENCE, true)? {
            true => Ok(()),
            false => Err(Error::TimedOut),
        }
    }

    /// Locks a name case-insensitively, because no other request may take it between the check for
    /// conflicts and the change. Other programs may; lists warn about their conflicts.
    fn lock_name(&self, name: &ProjectName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.as_str().to_ascii_lowercase().hash(&mut hasher);
        lock(&self.locks[hasher.finish() as usize % LOCKS])
    }

    fn check_available(&self, name: &ProjectName) -> Result<(), Error> {
        self.check_case(name, None)?;
        match self.index.state().entries.get(name.as_str()) {
            Some(_) => Err(Error::NameTaken { name: name.clone() }),
            None => Ok(()),
        }
    }

    fn check_case(&self, name: &ProjectName, renamed: Option<&str>) -> Result<(), Error> {
        self.confirm()?;
        let state = self.index.state();
        match name.case_conflict(state.entries.alike(name.as_str()), renamed) {
            Some(entry) => Err(Error::CaseConflict {
                entry: entry.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.index.stop();
    }
}
