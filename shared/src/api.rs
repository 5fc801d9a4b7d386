//! Requests and responses of the HTTP API. Times are RFC 3339 in UTC; paths are those of the server.

use std::collections::BTreeMap;
use std::num::IntErrorKind;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;
use crate::report::{Created, Renamed};

/// `status` of every successful response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Success {
    /// The only value.
    #[default]
    Success,
}

/// Response of `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Always `healthy`.
    pub status: String,
    /// Folder of the workspace on the server.
    pub workspace: String,
    /// Version of podslate.
    pub version: String,
}

/// Response of `GET /api/projects/list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectNames {
    /// Names in alphabetical order, case-insensitively.
    pub projects: Vec<String>,
}

/// Order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub struct ListQuery {
    /// Only names that contain this text, case-insensitively.
    pub q: Option<String>,
    /// Order of the list.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Sort,
    /// Maximum number of projects. Default: all.
    #[serde(deserialize_with = "parse_limit")]
    pub limit: Option<usize>,
    /// Only projects after this one in the order. When sorted by time, this project must be in the list.
    pub after: Option<String>,
}

/// Parses a limit; a number that does not fit means all.
fn parse_limit<'de, D: Deserializer<'de>>(query: D) -> Result<Option<usize>, D::Error> {
    let text = String::deserialize(query)?;
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(Some(usize::MAX)),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// Response of `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectPage {
    /// Always `success`.
    pub status: Success,
    /// Projects of this page, at most `limit`.
    pub projects: Vec<ProjectSummary>,
    /// Number of projects that match the search, on all pages.
    pub count: usize,
    /// `after` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSummary {
    /// Name of the folder. Not always a valid project name: other programs create folders, too.
    pub name: String,
    /// Folder of the project on the server.
    pub path: String,
    /// Whether `pipeline/config.json` exists.
    pub has_config: bool,
    /// Time when the folder was created, if the file system records it.
    pub created: Option<String>,
    /// Time of the last change to a file or folder of the project.
    pub modified: Option<String>,
    /// Stages of the pipeline, in order.
    pub stages: Vec<StageState>,
    /// Problems of the project; empty if there are none.
    pub warnings: Vec<Warning>,
}

/// Progress of a pipeline stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageState {
    /// Folder of the stage, for example `0_input`.
    pub name: String,
    /// Number of files in the stage and below, not counting hidden files.
    pub files: u64,
}

/// A problem of a project that podslate reports and leaves to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The folder's name breaks the rules of a project name.
    NameInvalid,
    /// Another entry of the workspace differs only by case.
    #[serde(rename = "case_twin")]
    CaseConflict,
    /// There is no `pipeline/config.json`.
    ConfigMissing,
    /// `pipeline/config.json` is not valid JSON.
    ConfigInvalid,
    /// `pipeline/config.json` has another project name than the folder.
    ConfigNameDiffers,
}

impl Warning {
    /// Sentence for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::NameInvalid => "The folder's name is not a valid project name.",
            Self::CaseConflict => "Another folder differs from this one only by case.",
            Self::ConfigMissing => "The file pipeline/config.json is missing.",
            Self::ConfigInvalid => "The file pipeline/config.json is not valid JSON.",
            Self::ConfigNameDiffers => "The file pipeline/config.json has another project name.",
        }
    }
}

/// Body of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateRequest {
    /// Name of the new project.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub project_name: String,
    /// Whether to rename the pristine default project, if any, instead of creating a second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt_default: Option<bool>,
}

/// Response of `POST /api/projects/create`, which may rename the pristine default project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Created))]
pub struct CreateResponse {
    /// Always `success`.
    pub status: Success,
    /// Name of the new project.
    pub project_name: String,
    /// Folder of the project on the server.
    pub project_path: String,
    /// Sentence for people.
    pub message: String,
}

impl From<Created> for CreateResponse {
    fn from(created: Created) -> Self {
        Self {
            status: Success::Success,
            message: created.to_string(),
            project_name: created.project_name.into(),
            project_path: created.project_path,
        }
    }
}

impl From<Renamed> for CreateResponse {
    fn from(renamed: Renamed) -> Self {
        Self {
            status: Success::Success,
            message: renamed.to_string(),
            project_name: renamed.new_name.into(),
            project_path: renamed.project_path,
        }
    }
}

/// Body of `POST /rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameRequest {
    /// Current name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub old_name: String,
    /// New name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Body of `POST /api/projects/{name}/rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewNameRequest {
    /// New name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Response of both rename routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Renamed))]
pub struct RenameResponse {
    /// Always `success`.
    pub status: Success,
    /// Current name.
    pub old_name: String,
    /// New name.
    pub new_name: String,
    /// Folder of the project on the server, under its new name.
    pub project_path: String,
    /// Sentence for people.
    pub message: String,
}

impl From<Renamed> for RenameResponse {
    fn from(renamed: Renamed) -> Self {
        Self {
            status: Success::Success,
            message: renamed.to_string(),
            old_name: renamed.old_name.into(),
            new_name: renamed.new_name.into(),
            project_path: renamed.project_path,
        }
    }
}

/// Response of `GET /api/projects/{name}`. `C` is any JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectDetails<C> {
    /// Always `success`.
    pub status: Success,
    /// Name of the project.
    pub project_name: String,
    /// Folder of the project on the server.
    pub project_path: String,
    /// Content of `pipeline/config.json`; `null` if the file is missing or not valid JSON.
    pub config: Option<C>,
    /// Whether the folder of each stage (`input`, `textures`, `rig`, `animation`, `export`) exists.
    pub folders: BTreeMap<String, bool>,
    /// Problems of the project; empty if there are none.
    pub warnings: Vec<Warning>,
}

/// Response of `GET /api/names/{name}`: whether a project of that name can be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameCheck {
    /// Always `success`, even if the name cannot be used.
    pub status: Success,
    /// The name in the request.
    pub project_name: String,
    /// Whether a project of that name can be created.
    pub available: bool,
    /// Folder of the project on the server; absent for an invalid name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Error that creating the project would return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorBody>,
    /// The default project, if it can be renamed instead of creating one (`adopt_default`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoptable: Option<String>,
}

/// Body of `POST /api/session/login`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginRequest {
    /// Token of the server.
    pub token: String,
}

/// Response of `GET /api/session`, login and logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Always `success`.
    pub status: Success,
    /// Whether the API requires a token or a session.
    pub token_wanted: bool,
    /// Whether this browser has a session.
    pub signed_in: bool,
}

/// Status of the pipeline command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PipelineState {
    /// The server was started without a command.
    None,
    /// The command has not been started yet.
    #[default]
    NotStarted,
    /// The command is running.
    Running,
    /// The command has ended.
    Exited,
    /// The command could not be started.
    Failed,
}

/// Response of `GET /api/pipeline`, and of restarting and stopping the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pipeline {
    /// Always `success`.
    pub status: Success,
    /// Status of the command.
    pub state: PipelineState,
    /// Project that the command runs in.
    pub project_name: Option<String>,
    /// The command with its arguments, quoted for a shell.
    pub command: Option<String>,
    /// Time of the last start.
    pub started: Option<String>,
    /// Time of the end.
    pub ended: Option<String>,
    /// Exit code, if the command exited.
    pub exit_code: Option<i32>,
    /// Number of the signal that ended the command.
    pub signal: Option<i32>,
    /// Error of the last attempt to start the command.
    pub error: Option<ErrorBody>,
    /// Number of lines written since the server was started.
    pub lines: u64,
}

/// Query of `GET /api/pipeline/log`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct LogQuery {
    /// Only lines with a greater number.
    pub after: u64,
}

/// Response of `GET /api/pipeline/log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PipelineLog {
    /// Always `success`.
    pub status: Success,
    /// The last lines, at most 500, oldest first.
    pub lines: Vec<LogLine>,
}

/// A line of the pipeline's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Number of the line, counted from 1 since the server was started.
    pub number: u64,
    /// Whether it was written to standard error.
    pub is_error: bool,
    /// Text without the line ending. Invalid UTF-8 is replaced, and lines are cut after 4096 bytes.
    pub text: String,
}

/// Body of `POST /api/pipeline/restart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RestartRequest {
    /// Project to run the command in. Default: the project of the previous run.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::ProjectName>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_name: Option<String>,
}
