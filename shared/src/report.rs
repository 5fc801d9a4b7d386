//! Results of changing a workspace, and the JSON object that the worker prints with `--json`.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::error::ErrorBody;
use crate::folder::FolderName;
use crate::name::ProjectName;
use crate::text::printable;

/// The worker's output. An error has the same form in the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Report {
    /// Done; exit code 0.
    Success(Done),
    /// Refused or failed; see [`crate::ErrorCode::exit_code`].
    Error(ErrorBody),
}

/// Result of one command on the wire, with its sentence as `message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is named after its type")]
pub enum Done {
    #[serde(serialize_with = "with_message")]
    Created(Created),
    #[serde(serialize_with = "with_message")]
    Completed(Completed),
    #[serde(serialize_with = "with_message")]
    Renamed(Renamed),
    #[serde(serialize_with = "with_message")]
    Recovered(Recovered),
    Listed(Listed),
}

/// A new project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Name of the project.
    pub project_name: ProjectName,
    /// Folder of the project, as the program that created it sees it.
    pub project_path: String,
}

/// A project that existed and now has the whole layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// Name of the project.
    pub project_name: ProjectName,
    /// Folder of the project, as the program that completed it sees it.
    pub project_path: String,
    /// Added folders and files, relative to the project's folder.
    pub added: Vec<String>,
}

/// A project with a new name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// Previous name.
    pub old_name: FolderName,
    /// New name.
    pub new_name: ProjectName,
    /// Folder of the project under its new name, as the program that renamed it sees it.
    pub project_path: String,
    /// Whether the configuration could not be updated and still has the previous name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub config_outdated: bool,
}

/// What recovery repaired and cleaned up after interrupted operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// Projects whose configuration has the folder's name again.
    pub repaired: Vec<ProjectName>,
    /// Names that these configurations had before, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<ProjectName>,
    /// Stale entries that were removed.
    pub removed: Vec<String>,
    /// Entries that could not be repaired or removed, each with the reason.
    pub left: Vec<String>,
}

/// The projects of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Names in alphabetical order, case-insensitively. Not always valid project names: other
    /// programs create folders, too.
    pub projects: Vec<String>,
    /// Number of projects.
    pub count: usize,
}

impl Recovered {
    /// What was done to which project, for people.
    pub fn repairs(&self) -> impl Iterator<Item = String> {
        let mut previous = self.previous.iter();
        self.repaired.iter().map(move |name| match previous.next() {
            Some(old) => format!("{name}: its configuration had the name {old}"),
            None => name.to_string(),
        })
    }
}

impl From<Vec<String>> for Listed {
    fn from(projects: Vec<String>) -> Self {
        let count = projects.len();
        Self { projects, count }
    }
}

impl fmt::Display for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, path) = (&self.project_name, &self.project_path);
        write!(f, "Created project {name} in {path}.")
    }
}

impl fmt::Display for Completed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, path) = (&self.project_name, &self.project_path);
        match self.added.len() {
            0 => write!(f, "Project {name} in {path} is complete."),
            count => write!(
                f,
                "Completed project {name} in {path}: {count} added, nothing changed."
            ),
        }
    }
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Renamed project {} to {}.", self.old_name, self.new_name)?;
        if self.config_outdated {
            f.write_str(
                " Its pipeline/config.json could not be updated and still has the old name.",
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (repaired, removed) = (self.repaired.len(), self.removed.len());
        let left = self.left.len();
        write!(
            f,
            "Recovery: {repaired} repaired, {removed} removed, {left} left."
        )
    }
}

impl Done {
    /// Lines for people, with names as they are: the sentence and a line for each detail, or a line
    /// for each listed name.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Created(created) => vec![created.to_string()],
            Self::Renamed(renamed) => vec![renamed.to_string()],
            Self::Completed(completed) => {
                let added = details("added", &completed.added);
                std::iter::once(completed.to_string())
                    .chain(added)
                    .collect()
            }
            Self::Recovered(recovered) => {
                let repairs = recovered.repairs();
                let repaired = repairs.map(|repair| format!("  repaired {repair}"));
                std::iter::once(recovered.to_string())
                    .chain(repaired)
                    .chain(details("removed", &recovered.removed))
                    .chain(details("left", &recovered.left))
                    .collect()
            }
            Self::Listed(listed) => listed.projects.clone(),
        }
    }
}

/// The lines, made safe for a terminal.
impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines().iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}", printable(line))?;
        }
        Ok(())
    }
}

/// A line for each entry.
fn details<T: fmt::Display>(verb: &str, entries: &[T]) -> impl Iterator<Item = String> {
    entries.iter().map(move |entry| format!("  {verb} {entry}"))
}

fn with_message<T: Serialize + fmt::Display, S: Serializer>(
    result: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct WithMessage<'a, T> {
        #[serde(flatten)]
        result: &'a T,
        message: String,
    }

    let message = result.to_string();
    WithMessage { result, message }.serialize(serializer)
}
