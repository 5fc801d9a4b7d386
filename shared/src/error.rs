//! Errors of the API and of the worker: data, rendered once into the form that people and programs
//! read.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::config::{ConfigProblem, ConfigReason};
use crate::folder::FolderName;
use crate::name::{self, NameError, ProjectName};

/// Result of everything that a workspace or the API does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Declares the errors, a row each: summary, field, code, HTTP status, sentence, and a hint unless
/// the sentence says it already.
macro_rules! errors {
    ($(#[doc = $summary:literal] $variant:ident $({ $($field:ident: $type:ty),+ })? = $code:literal,
        $status:literal, $sentence:literal $(, hint $hint:literal)?;)*) => {
        /// Kind of an error, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            /// The name breaks a rule for project names.
            #[serde(rename = "name_invalid")]
            NameInvalid,
            $(#[doc = $summary] #[serde(rename = $code)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the enum.
            pub const ALL: &[Self] = &[Self::NameInvalid, $(Self::$variant),*];

            /// Spelling in JSON.
            pub fn as_str(self) -> &'static str {
                self.row().0
            }

            /// HTTP status of a response with this code.
            pub fn status(self) -> u16 {
                self.row().1
            }

            /// Meaning in one sentence, for the API's description.
            pub fn summary(self) -> &'static str {
                self.row().2.trim_ascii()
            }

            fn row(self) -> (&'static str, u16, &'static str) {
                match self {
                    Self::NameInvalid => {
                        ("name_invalid", 400, "The name breaks a rule for project names.")
                    }
                    $(Self::$variant => ($code, $status, $summary),)*
                }
            }
        }

        /// Error of the API or of the worker. `Display` is the sentence for people.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the sentence says what each variant and field is")]
        pub enum Error {
            #[error(transparent)]
            NameInvalid(#[from] NameError),
            /// Error of the system.
            #[error(transparent)]
            System(#[from] CauseError),
            /// Error that another podslate program rendered already: the worker, or a server.
            #[error(transparent)]
            Reported(Box<ErrorBody>),
            $(#[error($sentence)] $variant $({ $($field: $type),+ })?,)*
        }

        impl Error {
            /// Kind of the error.
            pub fn code(&self) -> ErrorCode {
                match self {
                    Self::NameInvalid(_) => ErrorCode::NameInvalid,
                    Self::System(error) => error.0.code(),
                    Self::Reported(body) => body.code,
                    $(Self::$variant { .. } => ErrorCode::$variant,)*
                }
            }

            /// What to do, unless the sentence says it already.
            pub fn hint(&self) -> Option<String> {
                let hint = match self {
                    Self::NameInvalid(error) => return Some(hint_for_name(&error.text)),
                    Self::System(error) => error.0.hint(),
                    Self::Reported(body) => return body.hint.clone(),
                    $(Self::$variant { .. } => concat!($($hint)?),)*
                };
                (!hint.is_empty()).then(|| hint.to_owned())
            }
        }
    };
}

errors! {
    /// The request is malformed.
    RequestInvalid { reason: String } = "request_invalid", 400,
        "The request is not valid: {reason}.";
    /// The command line is malformed.
    Usage { reason: String } = "usage", 400,
        "The command line is not valid: {reason}.",
        hint "`--help` lists the options.";
    /// A token is required, and none or a wrong one was sent.
    Unauthorized = "unauthorized", 401,
        "A token is required.",
        hint "Sign in with the server's token, open the address that the server printed if that \
         contains it, or send `Authorization: Bearer <token>`.";
    /// The server does not accept requests from there.
    Forbidden { reason: String } = "forbidden", 403,
        "The server does not accept this request: {reason}.";
    /// The address does not exist.
    NotFound = "not_found", 404,
        "This address does not exist.",
        hint "`/api/docs` describes the API.";
    /// The project does not exist.
    ProjectNotFound { name: String } = "project_not_found", 404,
        "The project `{name}` does not exist.",
        hint "Check the spelling; names are case-sensitive.";
    /// The project has another name now.
    Renamed { name: String, new_name: FolderName } = "renamed", 404,
        "The project `{name}` has been renamed to `{new_name}`.",
        hint "Use the new name.";
    /// The address does not accept this method.
    MethodNotAllowed { method: String } = "method_not_allowed", 405,
        "This address does not accept {method} requests.",
        hint "`/api/docs` describes the API.";
    /// The workspace has an entry of that name.
    NameTaken { name: ProjectName } = "name_taken", 409,
        "`{name}` already exists in the workspace.",
        hint "Choose another name; the existing entry was not changed.";
    /// The workspace has an entry whose name differs only by case.
    CaseConflict { entry: String } = "case_twin", 409,
        "`{entry}` already exists in the workspace and differs from this name only by case.",
        hint "Windows and macOS cannot tell the two apart; choose another name.";
    /// The workspace has an entry of that name that is not a project.
    NotAProject { name: FolderName } = "not_a_project", 409,
        "`{name}` exists in the workspace but is not a project.",
        hint "Choose another name; the existing entry was not changed.";
    /// The project's configuration cannot be used.
    ConfigInvalid { config: InvalidConfig } = "config_invalid", 409,
        "{config}, so the project was not renamed.",
        hint "Fix the file and try again.";
    /// The pipeline is running in the project.
    Busy { name: FolderName } = "busy", 409,
        "The pipeline is running in `{name}`, so the project cannot be renamed now.",
        hint "Stop the pipeline or wait until it ends, then try again.";
    /// Another program has a file or folder of the project open.
    InUse { name: FolderName } = "in_use", 409,
        "Another program has a file or folder of `{name}` open, so the project cannot be renamed now.",
        hint "Close the programs and windows that show it, then try again. If there are none, check the \
              folder's permissions.";
    /// The project's folder is mounted from outside.
    Mounted { name: FolderName } = "mounted", 409,
        "The project `{name}` is mounted from outside, so it cannot be renamed here.",
        hint "Rename the folder where it is mounted from, and mount it again.";
    /// The disk or its file system does not allow the change.
    Unsupported { reason: String } = "unsupported", 409,
        "The disk does not allow this change: {reason}.";
    /// Several projects had the name before.
    FormerNameAmbiguous { name: String, projects: String } = "former_name_ambiguous", 409,
        "Several projects were called `{name}` before: {projects}.",
        hint "Use the present name of one of them.";
    /// The server has no pipeline command.
    PipelineMissing = "pipeline_missing", 409,
        "The server was started without a pipeline command.",
        hint "Start the server with `podslate serve -- COMMAND`.";
    /// The pipeline has no project to run in.
    PipelineWithoutProject = "pipeline_without_project", 409,
        "The pipeline has no project to run in.",
        hint "Set `PROJECT_NAME` when the server starts, or send `project_name` with this request.";
    /// The request body is larger than 16 KiB.
    BodyTooLarge = "body_too_large", 413,
        "The request body is larger than 16 KiB.";
    /// The request body is not declared as JSON.
    UnsupportedMediaType = "unsupported_media_type", 415,
        "The request body is not JSON.",
        hint "Send the header `Content-Type: application/json`.";
    /// Too many wrong tokens were sent within a minute.
    TooManyRequests = "too_many_requests", 429,
        "Too many wrong tokens were sent.",
        hint "Wait a minute, then try again.";
    /// The server has a bug.
    Internal = "internal", 500,
        "Something went wrong inside podslate.",
        hint "Try again; the server's log has the details.";
    /// The workspace could not be read or written.
    IoFailed { reason: String } = "io_failed", 500,
        "The workspace could not be read or written: {reason}.",
        hint "Check the disk and the folder's permissions, then try again.";
    /// The pipeline command could not be started.
    PipelineFailed { reason: String } = "pipeline_failed", 500,
        "The pipeline command could not be started: {reason}.",
        hint "Check the command; the server looks for it in PATH and in the project's folder.";
    /// The workspace is missing or cannot be read.
    WorkspaceUnavailable { reason: String } = "workspace_unavailable", 503,
        "The workspace cannot be used: {reason}.",
        hint "Check the folder that was given as the workspace.";
    /// The workspace cannot be written.
    WorkspaceReadOnly = "workspace_read_only", 503,
        "The workspace is read-only, or this program has no permission to write to it.",
        hint "Grant write permission or mount the workspace for writing, then try again.";
    /// The system gives this program no more memory or open files.
    ResourcesMissing { reason: String } = "resources_missing", 503,
        "The system gives this program no more resources: {reason}.";
    /// The operation took longer than its limit.
    TimedOut = "timed_out", 503,
        "The operation took too long and was stopped.",
        hint "Try again; if it happens again, check the disk.";
    /// The disk is full, or its quota is used up.
    DiskFull = "disk_full", 507,
        "The disk of the workspace is full, or its quota is used up.",
        hint "Free some space, then try again.";
}

/// A [`Cause`] as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CauseError(pub Cause);

impl Cause {
    /// Code of the error for programs.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NoSpace | Self::Quota | Self::TooLarge => ErrorCode::DiskFull,
            Self::ReadOnly | Self::NoAccess | Self::NotPermitted => ErrorCode::WorkspaceReadOnly,
            Self::Busy
            | Self::TextBusy
            | Self::OtherDevice
            | Self::Invalid
            | Self::NotSupported
            | Self::TooManyLinks
            | Self::NameTooLong => ErrorCode::Unsupported,
            Self::Stale | Self::DeviceGone | Self::Disconnected | Self::NoAnswer => {
                ErrorCode::WorkspaceUnavailable
            }
            Self::InputOutput | Self::Corrupt => ErrorCode::IoFailed,
            Self::TooManyOpen | Self::NoMemory => ErrorCode::ResourcesMissing,
        }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self::System(CauseError(cause))
    }
}

/// A configuration that cannot be used. `Display` is a part of a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The file `pipeline/config.json` of `{name}` cannot be used because {problem}")]
pub struct InvalidConfig {
    /// Name of the project.
    pub name: FolderName,
    /// Why it cannot be used, and where.
    pub problem: ConfigProblem,
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

fn hint_for_name(text: &str) -> String {
    match name::suggest(text) {
        Some(name) => format!("For example: `{name}`."),
        None => name::RULE.to_owned(),
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
    /// With `name_invalid`: a similar name that is valid. In a check of a name that is taken: one that
    /// is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// With `config_invalid`: why the configuration cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ConfigReason>,
    /// With `config_invalid`: line of the problem, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// With `config_invalid`: column of the problem in characters, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// With `renamed`: the name that the project has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
}

impl ErrorBody {
    /// An error with its sentence, and nothing else.
    pub fn new(code: ErrorCode, sentence: &str) -> Self {
        Self {
            code,
            error: sentence.to_owned(),
            message: sentence.to_owned(),
            hint: None,
            rule: None,
            suggestion: None,
            reason: None,
            line: None,
            column: None,
            new_name: None,
        }
    }
}

impl From<Error> for ErrorBody {
    fn from(error: Error) -> Self {
        let mut body = Self::new(error.code(), &error.to_string());
        body.hint = error.hint();
        match error {
            Error::NameInvalid(invalid) => {
                body.rule = Some(invalid.rule.as_str().to_owned());
                body.suggestion = name::suggest(&invalid.text);
            }
            Error::ConfigInvalid { config } => {
                let problem = config.problem;
                body.reason = Some(problem.reason);
                (body.line, body.column) = (problem.line, problem.column);
            }
            Error::Renamed { new_name, .. } => body.new_name = Some(new_name.into()),
            Error::Reported(reported) => return *reported,
            _ => {}
        }
        body
    }
}

impl From<ErrorBody> for Error {
    fn from(body: ErrorBody) -> Self {
        Self::Reported(Box::new(body))
    }
}
