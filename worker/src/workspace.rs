//! The workspace: opening it, the entries in it, and what an error of the system means for it.

use std::collections::BinaryHeap;

use podslate_shared::layout::{CONFIG_PATH, STAGES};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};

use crate::args::Command;
use crate::dir::{Dir, Error, Kind};
use crate::say;

/// The workspace of a command.
pub struct Workspace<'a> {
    /// The directory itself.
    pub dir: Dir,
    path: &'a str,
    scan: bool,
}

impl<'a> Workspace<'a> {
    /// Opens a workspace that exists.
    pub fn open(command: &'a Command) -> Result<Self, ErrorBody> {
        let path = command.workspace.as_str();
        let dir = Dir::open(path).map_err(|error| unavailable(path, error))?;
        Ok(Self {
            dir,
            path,
            scan: command.scan,
        })
    }

    /// Opens a workspace, and makes it if it is missing.
    pub fn open_or_make(command: &'a Command) -> Result<Self, ErrorBody> {
        if matches!(Dir::open(&command.workspace), Err(Error::Missing)) {
            // Whether that worked is what opening it tells.
            make_all(&command.workspace);
        }
        Self::open(command)
    }

    /// A project's folder, as this program sees it.
    pub fn path_of(&self, name: &ProjectName) -> String {
        format!("{}/{name}", self.path.trim_end_matches('/'))
    }

    /// Refuses a name that an entry has, or has in other capitals.
    pub fn refuse_taken(&self, name: &ProjectName) -> Result<(), ErrorBody> {
        if self.dir.kind(name.as_str()).map_err(failed)?.is_some() {
            // Where capitals do not count, this may be the twin itself: the next lines tell.
            self.refuse_twin(name, None)?;
            return Err(ErrorBody::new(ErrorCode::NameTaken, name.as_str()));
        }
        self.refuse_twin(name, None)
    }

    /// Refuses a name that an entry other than `but` has in other capitals.
    pub fn refuse_twin(
        &self,
        name: &ProjectName,
        but: Option<&ProjectName>,
    ) -> Result<(), ErrorBody> {
        if !self.scan {
            return Ok(());
        }
        let entries = match self.dir.entries() {
            Ok(entries) => entries,
            // A runtime refuses to list a directory that holds a name which is not Unicode.
            Err(Error::NotUnicode) => {
                say::warning(
                    "an entry's name is not valid Unicode; twin names were not looked for",
                );
                return Ok(());
            }
            Err(error) => return Err(failed(error)),
        };
        if entries.iter().any(|(entry, _)| entry == name.as_str()) {
            return Ok(());
        }
        let is_twin =
            |entry: &str| name.is_case_twin(entry) && but.is_none_or(|but| but.as_str() != entry);
        match entries.iter().find(|(entry, _)| is_twin(entry)) {
            Some((entry, _)) => Err(ErrorBody::new(ErrorCode::CaseTwin, entry)),
            None => Ok(()),
        }
    }

    /// The names of the projects: directories that are not hidden and carry a mark of the layout.
    pub fn projects(&self) -> Result<Vec<String>, ErrorBody> {
        let mut projects = Vec::new();
        for (name, is_dir) in self.dir.entries().map_err(failed)? {
            if is_dir && !name.starts_with('.') && is_project(&self.dir, &format!("{name}/")) {
                projects.push((name.to_ascii_lowercase(), name));
            }
        }
        // A heap, and ASCII's capitals alone: sorting a slice and Unicode's tables are 20 kB.
        let sorted = BinaryHeap::from(projects).into_sorted_vec();
        Ok(sorted.into_iter().map(|(_, name)| name).collect())
    }
}

/// Whether there is a configuration or a stage's folder; `prefix` is put before their paths.
pub fn is_project(dir: &Dir, prefix: &str) -> bool {
    let has = |path: &str| matches!(dir.kind(&format!("{prefix}{path}")), Ok(Some(_)));
    has(CONFIG_PATH) || STAGES.iter().any(|stage| has(stage.folder))
}

/// Reads a name; the error says which rule it breaks.
pub fn parse_name(text: &str) -> Result<ProjectName, ErrorBody> {
    ProjectName::parse(text).map_err(|broken| ErrorBody::name(text, &broken))
}

/// What an error of the system means for a workspace that is open.
pub fn failed(error: Error) -> ErrorBody {
    let code = match error {
        Error::Full => ErrorCode::DiskFull,
        Error::ReadOnly => ErrorCode::WorkspaceReadOnly,
        _ => ErrorCode::IoFailed,
    };
    ErrorBody::new(code, &error.words())
}

/// A name of 128 random bits for an entry that nobody is to see.
pub fn hidden_name(prefix: &str) -> Result<String, ErrorBody> {
    use std::fmt::Write as _;

    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| failed(Error::Other(RANDOM_FAILED)))?;
    let mut name = prefix.to_owned();
    for byte in random {
        write!(name, "{byte:02x}").map_err(|_| failed(Error::Other(RANDOM_FAILED)))?;
    }
    Ok(name)
}

/// The system's number for a failure of input or output.
const RANDOM_FAILED: i32 = if cfg!(target_os = "wasi") { 29 } else { 5 };

/// How the name of every entry begins that recovery moved aside to remove it.
pub const TRASH_PREFIX: &str = ".podslate-trash-";

/// Whether a name is one that [`hidden_name`] makes, with this prefix.
pub fn is_hidden_name(name: &str, prefix: &str) -> bool {
    let random = name.strip_prefix(prefix).map(str::as_bytes);
    random.is_some_and(|random| random.len() == 32 && random.iter().all(u8::is_ascii_hexdigit))
}

/// Whether the entry is a directory that can be opened as itself.
pub fn directory(dir: &Dir, name: &ProjectName) -> Result<Option<Dir>, ErrorBody> {
    match dir.kind(name.as_str()).map_err(failed)? {
        None => Ok(None),
        Some(Kind::Directory) => match dir.open_dir(name.as_str()) {
            Ok(found) => Ok(Some(found)),
            // Somebody else renamed it in this moment.
            Err(Error::Missing) => Ok(None),
            Err(error) => Err(failed(error)),
        },
        Some(_) => Err(ErrorBody::new(ErrorCode::NotAProject, name.as_str())),
    }
}

fn unavailable(path: &str, error: Error) -> ErrorBody {
    let what = match error {
        Error::NotDirectory => format!("`{path}` is not a folder"),
        Error::Missing | Error::NotOpened if cfg!(target_os = "wasi") => format!(
            "`{path}` does not exist or was not opened for this program; with wasmtime, add \
             `--dir .`"
        ),
        Error::Missing => format!("`{path}` does not exist"),
        Error::ReadOnly => format!("`{path}` may not be opened"),
        _ => format!("`{path}`: {}", error.words()),
    };
    ErrorBody::new(ErrorCode::WorkspaceUnavailable, &what)
}

/// Makes a directory and those above it that are missing.
fn make_all(path: &str) {
    let parents = path
        .match_indices('/')
        .filter_map(|(end, _)| path.get(..end));
    for directory in parents.chain([path]) {
        let _ = rustix::fs::mkdir(directory, rustix::fs::Mode::from_raw_mode(0o777));
    }
}
