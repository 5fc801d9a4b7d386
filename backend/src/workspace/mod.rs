//! A workspace and its projects: read natively and through a cache, changed by the worker.

mod cache;
mod dir;
mod look;
mod pristine;
mod project;
mod walk;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use podslate_sandbox::{Worker, disk_check};
use podslate_shared::api::{ListQuery, NameCheck, ProjectPage, Success};
use podslate_shared::{Created, Done, Error, ProjectName, Recovered, Renamed};

use look::{Found, Look};
pub use project::Details;

/// Number of locks that names share.
const LOCKS: usize = 64;

/// A folder of projects. Every method blocks.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    worker: Worker,
    cache: Mutex<cache::Cache>,
    last_look: Mutex<Option<Arc<Look>>>,
    /// The last look whose projects are known.
    last_found: Mutex<Option<Arc<Look>>>,
    looks: AtomicU64,
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
        dir::read(&root)?;
        Ok(Self {
            root,
            worker,
            cache: Mutex::default(),
            last_look: Mutex::default(),
            last_found: Mutex::default(),
            looks: AtomicU64::new(0),
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

    /// Names of all projects in alphabetical order, case-insensitively.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn names(&self) -> Result<Vec<String>, Error> {
        let look = self.look()?;
        let projects = self.found(&look).iter();
        Ok(projects.map(|project| project.name.clone()).collect())
    }

    /// Projects that match a query, as they are at a moment after the call.
    ///
    /// Concurrent calls with the same query share one result.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`], or [`Error::ProjectNotFound`] for `after`.
    pub fn list(&self, query: &ListQuery) -> Result<Arc<ProjectPage>, Error> {
        let ticket = self.looks.load(Ordering::SeqCst);
        let look = self.look()?;
        let found = self.found(&look);
        // After a panic the cache is outdated at worst, and every use checks for that.
        let mut cache = lock(&self.cache);
        match cache.shared(query, ticket) {
            Some(page) => Ok(page),
            None => cache.page(&self.root, found, query, look.number),
        }
    }

    /// One project with its configuration.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`] or [`Error::WorkspaceUnavailable`].
    pub fn details(&self, name: &ProjectName) -> Result<Details, Error> {
        project::read_details(&self.root, name)
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
            checked => Ok(response(Some(path), checked.err())),
        }
    }

    /// Creates a project.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::CaseConflict`], or as for [`Worker::create`].
    pub fn create(&self, name: &ProjectName) -> Result<Created, Error> {
        let _lock = self.lock_name(name);
        self.check_available(name)?;
        self.worker.create(&self.root, name)
    }

    /// Creates a project, or adds the missing parts of an existing one without changing its files.
    ///
    /// # Errors
    /// [`Error::CaseConflict`], [`Error::NotAProject`], or as for [`Worker::complete`].
    pub fn complete(&self, name: &ProjectName) -> Result<Done, Error> {
        let _lock = self.lock_name(name);
        self.check_case(name, None)?;
        self.worker.complete(&self.root, name)
    }

    /// Renames a project.
    ///
    /// # Errors
    /// [`Error::ProjectNotFound`], [`Error::NameTaken`], [`Error::CaseConflict`], or as for
    /// [`Worker::rename`].
    pub fn rename(&self, old: &ProjectName, new: &ProjectName) -> Result<Renamed, Error> {
        let _lock = self.lock_name(new);
        self.check_case(new, Some(old))?;
        self.worker.rename(&self.root, old, new)
    }

    /// Whether `name` is the only project of the workspace and unchanged since its creation.
    ///
    /// # Errors
    /// [`Error::WorkspaceUnavailable`].
    pub fn is_only_and_pristine(&self, name: &ProjectName) -> Result<bool, Error> {
        Ok(self.names()? == [name.as_str()] && pristine::is_pristine(&self.root, name))
    }

    /// Repairs or cleans up after interrupted operations.
    ///
    /// # Errors
    /// As for [`Worker::recover`].
    pub fn recover(&self) -> Result<Recovered, Error> {
        self.worker.recover(&self.root)
    }

    /// A look at the folder that began after this call. All callers that wait for it share it.
    fn look(&self) -> Result<Arc<Look>, Error> {
        let ticket = self.looks.load(Ordering::SeqCst);
        let mut last = lock(&self.last_look);
        if let Some(look) = last.as_ref().filter(|look| look.number > ticket) {
            return Ok(Arc::clone(look));
        }
        let number = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let look = Arc::new(Look::at(&self.root, number)?);
        *last = Some(Arc::clone(&look));
        Ok(look)
    }

    /// Projects among the entries of a look.
    fn found<'l>(&self, look: &'l Arc<Look>) -> &'l [Found] {
        let before = lock(&self.last_found).clone();
        let found = look.projects(&self.root, before.as_deref());
        let mut last = lock(&self.last_found);
        if last.as_ref().is_none_or(|last| last.number < look.number) {
            *last = Some(Arc::clone(look));
        }
        found
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
        match fs::symlink_metadata(self.root.join(name.as_str())) {
            Ok(_) => Err(Error::NameTaken { name: name.clone() }),
            Err(_) => Ok(()),
        }
    }

    fn check_case(&self, name: &ProjectName, renamed: Option<&ProjectName>) -> Result<(), Error> {
        let look = self.look()?;
        match name.case_conflict(look.alike(name), renamed) {
            Some(entry) => Err(Error::CaseConflict {
                entry: entry.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
