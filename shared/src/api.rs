//! The HTTP API's requests and answers. Times are RFC 3339 in UTC; paths are those of the server.

use std::collections::BTreeMap;
use std::num::IntErrorKind;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;

#[cfg(feature = "openapi")]
use utoipa::{IntoParams, ToSchema};

/// The word that every successful answer carries as `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Success {
    /// The only value.
    #[default]
    Success,
}

/// Answer of `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Health {
    /// `healthy`.
    pub status: String,
    /// The workspace's folder on the server.
    pub workspace: String,
    /// podslate's version.
    pub version: String,
}

/// Answer of `GET /api/projects/list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectNames {
    /// In alphabetical order, capitals and small letters alike.
    pub projects: Vec<String>,
}

/// How a list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By name, A first.
    #[default]
    Name,
    /// By creation, newest first.
    Created,
    /// By last change, newest first.
    Modified,
}

/// Query of `GET /api/projects`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub struct ListQuery {
    /// Only names that contain this, capitals and small letters alike.
    pub q: Option<String>,
    /// The order.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Sort,
    /// At most so many projects; without it, all.
    #[serde(deserialize_with = "number_or_most")]
    pub limit: Option<usize>,
    /// Only projects that come after this name in the order; in an order of times it has to be one
    /// of the list.
    pub after: Option<String>,
}

/// A number in a query; one that is too large to count with means all.
fn number_or_most<'de, D: Deserializer<'de>>(query: D) -> Result<Option<usize>, D::Error> {
    let text = String::deserialize(query)?;
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(Some(usize::MAX)),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// Answer of `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectPage {
    /// `success`.
    pub status: Success,
    /// The projects, at most `limit`.
    pub projects: Vec<ProjectSummary>,
    /// How many match the search in all, on this page or not.
    pub count: usize,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One project of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectSummary {
    /// The folder's name. Not always a valid [`crate::ProjectName`]: other programs make folders.
    pub name: String,
    /// The project's folder on the server.
    pub path: String,
    /// Whether `pipeline/config.json` exists.
    pub has_config: bool,
    /// When the folder was made, where the file system knows it.
    pub created: Option<String>,
    /// When a file or folder of the project last changed.
    pub modified: Option<String>,
    /// The pipeline's stages in their order.
    pub stages: Vec<StageState>,
    /// What is not as it should be; empty for a project in order.
    pub warnings: Vec<Warning>,
}

/// How far a stage of the pipeline is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct StageState {
    /// The stage's folder, for example `0_input`.
    pub name: String,
    /// Files in it and below, hidden ones not counted. A stage with files is filled.
    pub files: u64,
}

/// Something about a project that a person should know and that podslate leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The folder's name breaks the rules of a project name.
    NameInvalid,
    /// Another entry of the workspace differs only by capitals.
    CaseTwin,
    /// There is no `pipeline/config.json`.
    ConfigMissing,
    /// `pipeline/config.json` is not valid JSON.
    ConfigInvalid,
    /// `pipeline/config.json` says another name than the folder.
    ConfigNameDiffers,
}

impl Warning {
    /// The warning as a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NameInvalid => "The folder's name is not a valid project name.",
            Self::CaseTwin => "Another folder differs from this one only by capitals.",
            Self::ConfigMissing => "The file pipeline/config.json is missing.",
            Self::ConfigInvalid => "The file pipeline/config.json is not valid JSON.",
            Self::ConfigNameDiffers => "The file pipeline/config.json says another project name.",
        }
    }
}

/// Body of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct CreateRequest {
    /// A [`crate::ProjectName`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub project_name: String,
    /// Whether to rename the untouched default project, if there is one, instead of making a
    /// second project beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt_default: Option<bool>,
}

/// Answer of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Created {
    /// `success`.
    pub status: Success,
    /// The new project's name.
    pub project_name: String,
    /// Its folder on the server.
    pub project_path: String,
    /// A sentence for people.
    pub message: String,
}

/// Body of `POST /rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RenameRequest {
    /// The name until now.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub old_name: String,
    /// The name from now on.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Body of `POST /api/projects/{name}/rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NewNameRequest {
    /// The name from now on.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Answer of both spellings of a rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Renamed {
    /// `success`.
    pub status: Success,
    /// The name until now.
    pub old_name: String,
    /// The name from now on.
    pub new_name: String,
    /// The project's folder on the server, under its new name.
    pub project_path: String,
    /// A sentence for people.
    pub message: String,
}

/// Answer of `GET /api/projects/{name}`. `C` is any JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectDetails<C> {
    /// `success`.
    pub status: Success,
    /// The project's name.
    pub project_name: String,
    /// Its folder on the server.
    pub project_path: String,
    /// `pipeline/config.json` as it is on disk; `null` where it is missing or not valid JSON.
    pub config: Option<C>,
    /// For each stage (`input`, `textures`, `rig`, `animation`, `export`), whether its folder
    /// exists.
    pub folders: BTreeMap<String, bool>,
    /// What is not as it should be; empty for a project in order.
    pub warnings: Vec<Warning>,
}

/// Answer of `GET /api/names/{name}`: whether a project could be made under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NameCheck {
    /// `success`, also where the name cannot be used.
    pub status: Success,
    /// The name as asked.
    pub project_name: String,
    /// Whether it is free.
    pub available: bool,
    /// Where a project of this name is, or would be, on the server; absent for an invalid name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Why it cannot be used, as creating it would answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorBody>,
    /// The default project, if it is the only one and nobody has put anything into it: it can be
    /// renamed instead of making a second project (`adopt_default`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoptable: Option<String>,
}

/// Body of `POST /api/session/login`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct LoginRequest {
    /// The server's token.
    pub token: String,
}

/// Answer of `GET /api/session`, and of login and logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Session {
    /// `success`.
    pub status: Success,
    /// Whether the API wants a token or a session.
    pub token_wanted: bool,
    /// Whether this browser has a session.
    pub signed_in: bool,
}

/// How it stands with the command that the server runs in a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PipelineState {
    /// The server was started without a command.
    None,
    /// The command was not started yet.
    #[default]
    NotStarted,
    /// The command runs.
    Running,
    /// The command has ended.
    Exited,
    /// The command could not be started.
    Failed,
}

/// Answer of `GET /api/pipeline`, and of starting and stopping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Pipeline {
    /// `success`.
    pub status: Success,
    /// How it stands.
    pub state: PipelineState,
    /// The project that the command runs in.
    pub project_name: Option<String>,
    /// The command with its arguments, as a person would type it.
    pub command: Option<String>,
    /// When the command was last started.
    pub started: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// Its exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
    /// Why it could not be started.
    pub error: Option<ErrorBody>,
    /// How many lines it has written since the server was started.
    pub lines: u64,
}

/// Query of `GET /api/pipeline/log`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(IntoParams))]
#[serde(default)]
pub struct LogQuery {
    /// Only lines with a greater number.
    pub after: u64,
}

/// Answer of `GET /api/pipeline/log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct PipelineLog {
    /// `success`.
    pub status: Success,
    /// The last lines, at most 500, oldest first.
    pub lines: Vec<LogLine>,
}

/// One line that the pipeline wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct LogLine {
    /// Counted from 1 since the server was started.
    pub number: u64,
    /// Whether it was written to standard error.
    pub is_error: bool,
    /// The text without the end of the line; what is not UTF-8 is replaced, and a very long line
    /// is cut.
    pub text: String,
}

/// Body of `POST /api/pipeline/restart`; may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct RestartRequest {
    /// The project to run the command in; without it, the one it ran in before.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::ProjectName>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_name: Option<String>,
}
