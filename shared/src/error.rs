//! Errors of the API and of the worker: data, rendered once into the form that people and programs
//! read.

use serde::{Deserialize, Serialize};

use crate::name::{self, NameError, ProjectName};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $code:ident = $slug:literal, $status:literal;)*) => {
        /// Kind of an error, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[doc = $doc])* #[serde(rename = $slug)] $code,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Spelling in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $slug,)*
                }
            }

            /// HTTP status of a response with this code.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$code => $status,)*
                }
            }

            /// Meaning in one sentence, for the API's description.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$code => concat!($($doc),*).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// The name breaks a rule for project names.
    NameInvalid = "name_invalid", 400;
    /// The request is malformed.
    RequestInvalid = "request_invalid", 400;
    /// The command line is malformed.
    Usage = "usage", 400;
    /// A token is required, and none or a wrong one was sent.
    Unauthorized = "unauthorized", 401;
    /// The server does not accept requests from there.
    Forbidden = "forbidden", 403;
    /// The address does not exist.
    NotFound = "not_found", 404;
    /// The project does not exist.
    ProjectNotFound = "project_not_found", 404;
    /// The address does not accept this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The workspace has an entry of that name.
    NameTaken = "name_taken", 409;
    /// The workspace has an entry whose name differs only by case.
    CaseConflict = "case_twin", 409;
    /// The workspace has an entry of that name that is not a project.
    NotAProject = "not_a_project", 409;
    /// The project's configuration is not valid JSON.
    ConfigInvalid = "config_invalid", 409;
    /// The pipeline is running in the project.
    Busy = "busy", 409;
    /// The server has no pipeline command.
    PipelineMissing = "pipeline_missing", 409;
    /// The pipeline has no project to run in.
    PipelineWithoutProject = "pipeline_without_project", 409;
    /// The request body is larger than 16 KiB.
    BodyTooLarge = "body_too_large", 413;
    /// The request body is not declared as JSON.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// Too many wrong tokens were sent within a minute.
    TooManyRequests = "too_many_requests", 429;
    /// The server has a bug.
    Internal = "internal", 500;
    /// The workspace could not be read or written.
    IoFailed = "io_failed", 500;
    /// The pipeline command could not be started.
    PipelineFailed = "pipeline_failed", 500;
    /// The workspace is missing or cannot be read.
    WorkspaceUnavailable = "workspace_unavailable", 503;
    /// The workspace cannot be written.
    WorkspaceReadOnly = "workspace_read_only", 503;
    /// The operation took longer than its limit.
    TimedOut = "timed_out", 503;
    /// The disk is full, or its quota is used up.
    DiskFull = "disk_full", 507;
}

impl ErrorCode {
    /// Whether the request was refused; otherwise it failed.
    pub fn is_refusal(self) -> bool {
        self.status() < 500 && self != Self::Usage
    }

    /// Exit code of a program that ends with this error: 1 refused, 2 failed.
    pub fn exit_code(self) -> u8 {
        if self.is_refusal() { 1 } else { 2 }
    }
}

/// Error of the API or of the worker. `Display` is the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the sentence says what each variant and field is"
)]
pub enum Error {
    #[error(transparent)]
    NameInvalid(#[from] NameError),
    #[error("The request is not valid: {reason}.")]
    RequestInvalid { reason: String },
    #[error("The command line is not valid: {reason}.")]
    Usage { reason: String },
    #[error("A token is required.")]
    Unauthorized,
    #[error("The server does not accept this request: {reason}.")]
    Forbidden { reason: String },
    #[error("This address does not exist.")]
    NotFound,
    #[error("The project `{name}` does not exist.")]
    ProjectNotFound { name: String },
    #[error("This address does not accept {method} requests.")]
    MethodNotAllowed { method: String },
    #[error("`{name}` already exists in the workspace.")]
    NameTaken { name: ProjectName },
    #[error("`{entry}` already exists in the workspace and differs from this name only by case.")]
    CaseConflict { entry: String },
    #[error("`{name}` exists in the workspace but is not a project.")]
    NotAProject { name: ProjectName },
    #[error(
        "The file `pipeline/config.json` of `{name}` is not valid JSON, so the project was not renamed."
    )]
    ConfigInvalid { name: ProjectName },
    #[error("The pipeline is running in `{name}`, so the project cannot be renamed now.")]
    Busy { name: ProjectName },
    #[error("The server was started without a pipeline command.")]
    PipelineMissing,
    #[error("The pipeline has no project to run in.")]
    PipelineWithoutProject,
    #[error("The request body is larger than 16 KiB.")]
    BodyTooLarge,
    #[error("The request body is not JSON.")]
    UnsupportedMediaType,
    #[error("Too many wrong tokens were sent.")]
    TooManyRequests,
    #[error("Something went wrong inside podslate.")]
    Internal,
    #[error("The workspace could not be read or written: {reason}.")]
    IoFailed { reason: String },
    #[error("The pipeline command could not be started: {reason}.")]
    PipelineFailed { reason: String },
    #[error("The workspace cannot be used: {reason}.")]
    WorkspaceUnavailable { reason: String },
    #[error("The workspace is read-only, or this program has no permission to write to it.")]
    WorkspaceReadOnly,
    #[error("The operation took too long and was stopped.")]
    TimedOut,
    #[error("The disk of the workspace is full, or its quota is used up.")]
    DiskFull,
    /// Error that another podslate program rendered already: the worker, or a server.
    #[error(transparent)]
    Reported(Box<ErrorBody>),
}

impl Error {
    /// Kind of the error.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NameInvalid(_) => ErrorCode::NameInvalid,
            Self::RequestInvalid { .. } => ErrorCode::RequestInvalid,
            Self::Usage { .. } => ErrorCode::Usage,
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::Forbidden { .. } => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::ProjectNotFound { .. } => ErrorCode::ProjectNotFound,
            Self::MethodNotAllowed { .. } => ErrorCode::MethodNotAllowed,
            Self::NameTaken { .. } => ErrorCode::NameTaken,
            Self::CaseConflict { .. } => ErrorCode::CaseConflict,
            Self::NotAProject { .. } => ErrorCode::NotAProject,
            Self::ConfigInvalid { .. } => ErrorCode::ConfigInvalid,
            Self::Busy { .. } => ErrorCode::Busy,
            Self::PipelineMissing => ErrorCode::PipelineMissing,
            Self::PipelineWithoutProject => ErrorCode::PipelineWithoutProject,
            Self::BodyTooLarge => ErrorCode::BodyTooLarge,
            Self::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            Self::TooManyRequests => ErrorCode::TooManyRequests,
            Self::Internal => ErrorCode::Internal,
            Self::IoFailed { .. } => ErrorCode::IoFailed,
            Self::PipelineFailed { .. } => ErrorCode::PipelineFailed,
            Self::WorkspaceUnavailable { .. } => ErrorCode::WorkspaceUnavailable,
            Self::WorkspaceReadOnly => ErrorCode::WorkspaceReadOnly,
            Self::TimedOut => ErrorCode::TimedOut,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Reported(body) => body.code,
        }
    }

    /// What to do, unless the sentence says it already.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NameInvalid(invalid) => {
                let example = name::suggest(&invalid.text);
                let hint = example.map(|name| format!("For example: `{name}`."));
                return hint.or_else(|| Some(name::RULE.to_owned()));
            }
            Self::Usage { .. } => "`--help` lists the options.",
            Self::Unauthorized => {
                "Open the address that the server printed when it started, or send \
                 `Authorization: Bearer <token>`."
            }
            Self::NotFound | Self::MethodNotAllowed { .. } => "`/api/docs` describes the API.",
            Self::ProjectNotFound { .. } => "Check the spelling; names are case-sensitive.",
            Self::NameTaken { .. } | Self::NotAProject { .. } => {
                "Choose another name; the existing entry was not changed."
            }
            Self::CaseConflict { .. } => {
                "Windows and macOS cannot tell the two apart; choose another name."
            }
            Self::ConfigInvalid { .. } => "Fix the file and try again.",
            Self::Busy { .. } => "Stop the pipeline or wait until it ends, then try again.",
            Self::PipelineMissing => "Start the server with `podslate serve -- COMMAND`.",
            Self::PipelineWithoutProject => {
                "Set `PROJECT_NAME` when the server starts, or send `project_name` with this request."
            }
            Self::UnsupportedMediaType => "Send the header `Content-Type: application/json`.",
            Self::TooManyRequests => "Wait a minute, then try again.",
            Self::Internal => "Try again; the server's log has the details.",
            Self::IoFailed { .. } => "Check the disk and the folder's permissions, then try again.",
            Self::PipelineFailed { .. } => {
                "Check the command; the server looks for it in PATH and in the project's folder."
            }
            Self::WorkspaceUnavailable { .. } => {
                "Check the folder that was given as the workspace."
            }
            Self::WorkspaceReadOnly => {
                "Grant write permission or mount the workspace for writing, then try again."
            }
            Self::TimedOut => "Try again; if it happens again, check the disk.",
            Self::DiskFull => "Free some space, then try again.",
            Self::Reported(body) => return body.hint.clone(),
            Self::RequestInvalid { .. } | Self::Forbidden { .. } | Self::BodyTooLarge => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}

/// Error on the wire: the same in the API and in a program's JSON output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{error}")]
pub struct ErrorBody {
    /// Kind of the error, for programs.
    pub code: ErrorCode,
    /// What happened, in one sentence for people.
    pub error: String,
    /// The same sentence, under the name that older clients read.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// With `name_invalid`: the rule that the name breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// With `name_invalid`: a similar name that is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl From<Error> for ErrorBody {
    fn from(error: Error) -> Self {
        let (rule, suggestion) = match &error {
            Error::NameInvalid(invalid) => {
                let rule = invalid.rule.as_str().to_owned();
                (Some(rule), name::suggest(&invalid.text))
            }
            Error::Reported(body) => return *body.clone(),
            _ => (None, None),
        };
        let sentence = error.to_string();
        Self {
            code: error.code(),
            message: sentence.clone(),
            error: sentence,
            hint: error.hint(),
            rule,
            suggestion,
        }
    }
}

impl From<ErrorBody> for Error {
    fn from(body: ErrorBody) -> Self {
        Self::Reported(Box::new(body))
    }
}
