//! A workspace and its projects: read here, natively and through a cache; changed by the worker.

mod cache;
mod details;
mod look;
mod project;
mod untouched;
mod walk;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use podslate_sandbox::{Worker, diagnosis};
use podslate_shared::api::{ListQuery, NameCheck, ProjectPage, Success};
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};

pub use details::Details;
use look::{Found, Look};

/// A folder that holds projects. Every method blocks.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    worker: Worker,
    cache: Mutex<cache::Cache>,
    last_look: Mutex<Option<Arc<Look>>>,
    /// The last look of which it is known what are projects.
    last_found: Mutex<Option<Arc<Look>>>,
    looks: AtomicU64,
    /// One for each part of all names.
    turns: [Mutex<()>; 64],
}

impl Workspace {
    /// Opens the workspace at `path`, and makes the folder if it is missing.
    ///
    /// # Errors
    /// [`ErrorCode::WorkspaceUnavailable`] if it cannot be made, is no folder or cannot be read.
    pub fn open_or_make(path: &Path, worker: Worker) -> Result<Self, ErrorBody> {
        match fs::create_dir_all(path) {
            Err(error) if !path.is_dir() => Err(unavailable(path, error.kind())),
            _ => Self::open(path, worker),
        }
    }

    /// Opens the workspace at `path`.
    ///
    /// # Errors
    /// [`ErrorCode::WorkspaceUnavailable`] if it does not exist, is no folder or cannot be read.
    pub fn open(path: &Path, worker: Worker) -> Result<Self, ErrorBody> {
        let root = std::path::absolute(path).map_err(|error| unavailable(path, error.kind()))?;
        read(&root)?;
        Ok(Self {
            root,
            worker,
            cache: Mutex::default(),
            last_look: Mutex::default(),
            last_found: Mutex::default(),
            looks: AtomicU64::new(0),
            turns: [const { Mutex::new(()) }; 64],
        })
    }

    /// The folder, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Checks that this program may write to the workspace.
    ///
    /// # Errors
    /// [`ErrorCode::WorkspaceReadOnly`] or [`ErrorCode::DiskFull`].
    pub fn check_writable(&self) -> Result<(), ErrorBody> {
        diagnosis::of(&self.root).map_or(Ok(()), |code| Err(ErrorBody::new(code, "")))
    }

    /// The names of all projects, in alphabetical order.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn names(&self) -> Result<Vec<String>, ErrorBody> {
        let look = self.look()?;
        let projects = self.found(&look).iter();
        Ok(projects.map(|project| project.name.clone()).collect())
    }

    /// The projects that a query asks for, as they are at some moment after the call.
    ///
    /// Many who ask the same at once share one answer.
    ///
    /// # Errors
    /// The workspace cannot be read, or `after` names no project.
    pub fn list(&self, query: &ListQuery) -> Result<Arc<ProjectPage>, ErrorBody> {
        let ticket = self.looks.load(Ordering::SeqCst);
        let look = self.look()?;
        let found = self.found(&look);
        // A cache left behind by a panic is at worst out of date, and every use checks that.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        match cache.shared(query, ticket) {
            Some(page) => Ok(page),
            None => cache.page(&self.root, found, query, look.number),
        }
    }

    /// One project.
    ///
    /// # Errors
    /// [`ErrorCode::ProjectNotFound`], [`ErrorCode::NotAProject`], or it cannot be read.
    pub fn details(&self, name: &ProjectName) -> Result<Details, ErrorBody> {
        details::of(&self.root, name)
    }

    /// Whether a project could be made under the name `text`. Nothing is changed.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn check(&self, text: &str) -> Result<NameCheck, ErrorBody> {
        let told = |path: Option<String>, problem: Option<ErrorBody>| NameCheck {
            status: Success::Success,
            project_name: text.to_owned(),
            available: problem.is_none(),
            project_path: path,
            problem,
            adoptable: None,
        };
        let name = match ProjectName::parse(text) {
            Ok(name) => name,
            Err(broken) => return Ok(told(None, Some(ErrorBody::name(text, &broken)))),
        };
        let path = self.path_of(&name).display().to_string();
        match self.refuse_taken(&name) {
            Ok(()) => Ok(told(Some(path), None)),
            Err(error) if error.code.info().exit == 1 => Ok(told(Some(path), Some(error))),
            Err(error) => Err(error),
        }
    }

    /// Creates a project that must not exist yet.
    ///
    /// # Errors
    /// [`ErrorCode::NameTaken`], [`ErrorCode::CaseTwin`], or as [`Worker::create`].
    pub fn create(&self, name: &ProjectName) -> Result<Done, ErrorBody> {
        let _alone = self.alone_with(name);
        self.refuse_taken(name)?;
        self.worker.create(&self.root, name)
    }

    /// Creates a project, or adds what an existing one misses; no file of it is touched.
    ///
    /// # Errors
    /// [`ErrorCode::CaseTwin`], [`ErrorCode::NotAProject`], or as [`Worker::complete`].
    pub fn complete(&self, name: &ProjectName) -> Result<Done, ErrorBody> {
        let _alone = self.alone_with(name);
        self.refuse_twin(name, None)?;
        self.worker.complete(&self.root, name)
    }

    /// Renames a project.
    ///
    /// # Errors
    /// [`ErrorCode::ProjectNotFound`], [`ErrorCode::NameTaken`], [`ErrorCode::CaseTwin`], or as
    /// [`Worker::rename`].
    pub fn rename(&self, old: &ProjectName, new: &ProjectName) -> Result<Done, ErrorBody> {
        let _alone = self.alone_with(new);
        self.refuse_twin(new, Some(old))?;
        self.worker.rename(&self.root, old, new)
    }

    /// Whether `name` is the only project of the workspace, exactly as it was made.
    ///
    /// # Errors
    /// The workspace cannot be read.
    pub fn is_alone_and_untouched(&self, name: &ProjectName) -> Result<bool, ErrorBody> {
        Ok(self.names()? == [name.as_str()] && untouched::is_untouched(&self.root, name))
    }

    /// Brings what interrupted work left behind to its end.
    ///
    /// # Errors
    /// As [`Worker::recover`].
    pub fn recover(&self) -> Result<Done, ErrorBody> {
        self.worker.recover(&self.root)
    }

    /// A look at the folder that began after this call did: the one that somebody takes is that of
    /// all who waited for it.
    fn look(&self) -> Result<Arc<Look>, ErrorBody> {
        let ticket = self.looks.load(Ordering::SeqCst);
        let last = self.last_look.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = last.as_ref().filter(|look| look.number > ticket) {
            return Ok(Arc::clone(look));
        }
        let number = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let look = Arc::new(Look::at(&self.root, number)?);
        *last = Some(Arc::clone(&look));
        Ok(look)
    }

    /// The projects that a look found.
    fn found<'l>(&self, look: &'l Arc<Look>) -> &'l [Found] {
        let last = || {
            self.last_found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let before = last().clone();
        let found = look.projects(&self.root, before.as_deref());
        let mut last = last();
        if last.as_ref().is_none_or(|last| last.number < look.number) {
            *last = Some(Arc::clone(look));
        }
        found
    }

    /// Waits for its turn with a name, in whatever capitals: between the look for twins and the new
    /// entry no other request may come. Other programs may; their twins are flagged in the lists.
    fn alone_with(&self, name: &ProjectName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.as_str().to_ascii_lowercase().hash(&mut hasher);
        let index = hasher.finish() as usize % self.turns.len();
        self.turns[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn path_of(&self, name: &ProjectName) -> PathBuf {
        self.root.join(name.as_str())
    }

    fn refuse_taken(&self, name: &ProjectName) -> Result<(), ErrorBody> {
        self.refuse_twin(name, None)?;
        match fs::symlink_metadata(self.path_of(name)) {
            Ok(_) => Err(ErrorBody::new(ErrorCode::NameTaken, name.as_str())),
            Err(_) => Ok(()),
        }
    }

    /// Refuses a name that an entry other than `but` has in other capitals.
    fn refuse_twin(&self, name: &ProjectName, but: Option<&ProjectName>) -> Result<(), ErrorBody> {
        let look = self.look()?;
        let mut twin = None;
        for entry in look.alike(name) {
            if entry == name.as_str() {
                return Ok(());
            }
            if but.is_none_or(|but| but.as_str() != entry) {
                twin = Some(entry);
            }
        }
        match twin {
            Some(twin) => Err(ErrorBody::new(ErrorCode::CaseTwin, twin)),
            None => Ok(()),
        }
    }
}

fn read(root: &Path) -> Result<fs::ReadDir, ErrorBody> {
    fs::read_dir(root).map_err(|error| unavailable(root, error.kind()))
}

fn unavailable(root: &Path, kind: ErrorKind) -> ErrorBody {
    let path = root.display();
    let what = match kind {
        ErrorKind::NotFound => format!("`{path}` does not exist"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("`{path}` is a file, not a folder")
        }
        ErrorKind::PermissionDenied => format!("this program may not read `{path}`"),
        ErrorKind::ReadOnlyFilesystem => {
            format!("`{path}` does not exist, and its disk is read-only")
        }
        _ => format!("`{path}` cannot be read ({kind})"),
    };
    ErrorBody::new(ErrorCode::WorkspaceUnavailable, &what)
}
