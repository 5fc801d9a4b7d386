//! The error codes of every room, in one table, and the form in which an error is told.

use serde::{Deserialize, Serialize};

use crate::name::{self, NameError};

/// One row of the table of errors.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code itself.
    pub code: ErrorCode,
    /// How the code is spelled in JSON.
    pub slug: &'static str,
    /// HTTP status.
    pub http: u16,
    /// Exit code of a program: 1 refused, 2 failed.
    pub exit: u8,
    /// The sentence for people; `{}` stands for what the error is about.
    pub sentence: &'static str,
    /// What to do, if the sentence does not say it already.
    pub hint: Option<&'static str>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $slug:literal $http:literal $exit:literal
        $sentence:literal $hint:expr;)*) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        /// Every code with its status, exit code and sentence, in the order of the enum.
        pub const CODES: &[CodeInfo] = &[$(CodeInfo {
            code: ErrorCode::$variant,
            slug: $slug,
            http: $http,
            exit: $exit,
            sentence: $sentence,
            hint: $hint,
        },)*];
    };
}

codes! {
    /// A name that breaks a rule of [`crate::ProjectName`].
    NameInvalid "name_invalid" 400 1 "`{}` cannot be a project name." Some(name::RULE);
    /// A request or a command that is not understood.
    RequestInvalid "request_invalid" 400 1 "The request is not valid: {}." None;
    /// A command line that is not understood.
    Usage "usage" 400 2 "The command is not understood: {}." Some("`--help` lists the options.");
    /// No token, or a wrong one.
    Unauthorized "unauthorized" 401 1 "A token is needed." Some("Open the address that the server printed when it started, or send `Authorization: Bearer <token>`.");
    /// A request from where none is accepted.
    Forbidden "forbidden" 403 1 "This request is not accepted: {}." None;
    /// A pod that does not accept the token, or wants one and got none.
    PodUnauthorized "pod_unauthorized" 401 1 "The pod does not let this program in: {}." Some("Put the pod's token into the environment variable PODSLATE_TOKEN, or into a file that only you can read and name it with `--token-file`.");
    /// No such address.
    NotFound "not_found" 404 1 "There is nothing at this address." Some("The API is described at `/api/docs`.");
    /// No such project.
    ProjectNotFound "project_not_found" 404 1 "There is no project `{}`." Some("Check the spelling; capitals matter.");
    /// An address that does not take this method.
    MethodNotAllowed "method_not_allowed" 405 1 "This address does not accept {} requests." Some("The API is described at `/api/docs`.");
    /// An entry of that name exists.
    NameTaken "name_taken" 409 1 "`{}` already exists in the workspace." Some("Choose another name; what exists was not changed.");
    /// An entry exists whose name differs only by case; the sentence is about that entry.
    CaseTwin "case_twin" 409 1 "`{}` exists in the workspace and differs from this name only by capitals." Some("Windows and macOS cannot tell the two apart; choose another name.");
    /// An entry without a project's layout.
    NotAProject "not_a_project" 409 1 "`{}` exists in the workspace but is not a project." Some("Choose another name; what exists was not changed.");
    /// A configuration that cannot be read as JSON.
    ConfigInvalid "config_invalid" 409 1 "The file `pipeline/config.json` of `{}` is not valid JSON, so the project was not renamed." Some("Mend the file, then try again.");
    /// The project is in use.
    Busy "busy" 409 1 "The pipeline is running in `{}`, so it cannot be renamed now." Some("Wait until the pipeline has ended, or stop it, then try again.");
    /// A call about a pipeline to a server without one.
    PipelineMissing "pipeline_missing" 409 1 "The server was started without a pipeline command." Some("Start it with `podslate serve -- COMMAND`.");
    /// A pipeline that has no project to run in.
    PipelineWithoutProject "pipeline_without_project" 409 1 "The pipeline has no project to run in." Some("Name one: `PROJECT_NAME` at the start, or `project_name` in this request.");
    /// A pipeline command that cannot be started.
    PipelineFailed "pipeline_failed" 500 2 "The pipeline command cannot be started: {}." Some("Check the command; it is looked for in PATH and in the project's folder.");
    /// A body over the limit.
    BodyTooLarge "body_too_large" 413 1 "The request body is larger than 16 KiB." None;
    /// A body that is not declared as JSON.
    UnsupportedMediaType "unsupported_media_type" 415 1 "The request body must be JSON." Some("Send the header `Content-Type: application/json`.");
    /// Several pods run, and it is not said which one is meant.
    PodAmbiguous "pod_ambiguous" 409 1 "Several pods are running: {}." Some("Say which one with `--pod URL`.");
    /// A head over the limit.
    HeadTooLarge "head_too_large" 431 1 "The head of the request is larger than 16 KiB or has more than 100 headers." Some("Send fewer or shorter headers and a shorter address.");
    /// Too many requests of one kind.
    TooManyRequests "too_many_requests" 429 1 "There were too many requests." Some("Wait a minute, then try again.");
    /// No key for a storage.
    CredentialsMissing "credentials_missing" 401 1 "There are no usable credentials for the storage: {}." Some("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file that only you may read with `--credentials`.");
    /// A storage that does not accept the key.
    StorageDenied "storage_denied" 403 1 "The storage refused the credentials ({})." Some("Check the access key, its secret and what the key may do, and that this machine's clock is right; RunPod's storage has keys of its own, `S3 API keys` in its settings.");
    /// A bucket, or volume, that is not there.
    BucketNotFound "bucket_not_found" 404 1 "There is no bucket or network volume `{}` at this endpoint." Some("Check `--bucket`, and that `--endpoint` is the one of the volume's data center.");
    /// Files that changed, vanished or cannot be read.
    FilesNotSent "files_not_sent" 409 1 "Not everything could be sent: {}." Some("Run the same command again when nothing changes the project; it sends only the rest.");
    /// Files of which the other side has a newer version.
    FilesNewer "files_newer" 409 1 "On the volume there are newer versions, which were kept: {}." Some("Compare them with the files here; `--overwrite` replaces what is on the volume.");
    /// A request signed for another region.
    RegionWrong "region_wrong" 400 1 "The storage is not in the region `{}`." Some("Give the region, at RunPod the data center such as EU-RO-1, with `--region`.");
    /// Something broke that is nobody's input.
    Internal "internal" 500 2 "Something went wrong inside podslate." Some("Try again; the server's log says more.");
    /// Reading or writing the workspace failed.
    IoFailed "io_failed" 500 2 "The workspace could not be read or written: {}." Some("Check the disk and the folder's permissions, then try again.");
    /// A storage that does not do as asked.
    StorageFailed "storage_failed" 502 2 "The storage failed: {}." Some("Run the same command again; it sends only what is missing.");
    /// A storage that does not answer.
    EndpointUnreachable "endpoint_unreachable" 504 2 "The storage at {} cannot be reached." Some("Check the endpoint and the network connection, then run the same command again; it sends only what is missing.");
    /// A storage with too much to do.
    StorageThrottled "storage_throttled" 503 2 "The storage has too much to do and refused requests." Some("Wait a minute, then run the same command again; it sends only what is missing.");
    /// A storage without space.
    StorageFull "storage_full" 507 2 "The network volume is full, or its quota is used up." Some("Free some space on the volume or enlarge it, then run the same command again; it sends only what is missing.");
    /// A settings file, or a setting, that cannot be used.
    SettingsInvalid "settings_invalid" 500 2 "The settings cannot be used: {}." None;
    /// A pod that does not answer.
    PodUnreachable "pod_unreachable" 502 2 "The pod cannot be reached: {}." Some("Check the address and that the pod is running, then try again.");
    /// A pod whose certificate is not trusted.
    PodUntrusted "pod_untrusted" 502 2 "The pod's certificate is not accepted: {}." Some("Nothing was sent to it. Check the address; a certificate of your own has to be trusted by this system first.");
    /// Something that answers at a pod's address but is not podslate.
    NotAPodslate "not_a_podslate" 502 2 "What answers at this address is not podslate: {}." Some("Check the address and the port of the pod.");
    /// The provider of pods refused or failed, or its pod did.
    ProviderFailed "provider_failed" 502 2 "There is no pod to use: {}." None;
    /// The workspace folder is missing or is no folder.
    WorkspaceUnavailable "workspace_unavailable" 503 2 "The workspace cannot be used: {}." Some("Check the folder that the program was given as the workspace.");
    /// The workspace cannot be written.
    WorkspaceReadOnly "workspace_read_only" 503 2 "The workspace is read-only, or this program may not write to it." Some("Give write permission, or mount it for writing, then try again.");
    /// Too much at once.
    Overloaded "overloaded" 503 2 "The server has too much to do at the moment." Some("Try again in a few seconds.");
    /// The work took longer than its limit.
    TimedOut "timed_out" 503 2 "The work took too long and was stopped." Some("Try again; if it happens again, check the disk.");
    /// No space, or no quota, left.
    DiskFull "disk_full" 507 2 "The disk of the workspace is full, or its quota is used up." Some("Free some space, then try again.");
}

impl ErrorCode {
    /// The code's row in the table.
    pub fn info(self) -> &'static CodeInfo {
        &CODES[self as usize]
    }
}

/// An error as it is told: the same on the wire and in a program's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{error}")]
pub struct ErrorBody {
    /// For programs.
    pub code: ErrorCode,
    /// One sentence for people: what happened.
    pub error: String,
    /// The same sentence, under the name that older clients read.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// With `name_invalid`: which rule is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// With `name_invalid`: a name close to the one given that would pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl ErrorBody {
    /// The error `code` about `subject`, which fills the `{}` of the table's sentence.
    pub fn new(code: ErrorCode, subject: &str) -> Self {
        let sentence = code.info().sentence;
        let told = match (sentence.split_once('{'), sentence.split_once('}')) {
            (Some((before, _)), Some((_, after))) => [before, subject, after].concat(),
            _ => sentence.to_owned(),
        };
        Self::told(code, told)
    }

    /// The error for a name, as given in `text`, that broke a rule.
    pub fn name(text: &str, broken: &NameError) -> Self {
        let suggestion = name::suggest(text);
        let hint = suggestion
            .as_ref()
            .map(|name| format!("For example: `{name}`."));
        Self {
            hint: hint.or_else(|| Some(name::RULE.to_owned())),
            rule: Some(broken.rule().to_owned()),
            suggestion,
            ..Self::told(ErrorCode::NameInvalid, broken.to_string())
        }
    }

    fn told(code: ErrorCode, error: String) -> Self {
        let hint = code.info().hint.map(str::to_owned);
        Self {
            code,
            message: error.clone(),
            error,
            hint,
            rule: None,
            suggestion: None,
        }
    }
}
