//! The pipeline command and its output.

use serde::{Deserialize, Serialize};

use super::Success;
use crate::error::ErrorBody;

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
    /// Text without the line ending. Invalid UTF-8 is replaced, control characters are removed
    /// except tabs and escape characters, and lines are cut after 4096 bytes of JSON.
    pub text: String,
    /// Number of an earlier line that this one replaces, as progress bars do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
}

/// Body of `POST /api/pipeline/restart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RestartRequest {
    /// Project to run the command in. Default: the project of the previous run.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::FolderName>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_name: Option<String>,
}
