//! Errors of the command line: those of the API and its own.

use std::io;

use podslate_shared::{ErrorBody, ErrorCode};

use crate::error_chain;

/// Error of a command. `Display` is the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the sentence says what each variant and field is"
)]
pub enum Error {
    /// Error of the workspace, the worker or a pod's API.
    #[error(transparent)]
    Api(#[from] podslate_shared::Error),
    /// Error with a more specific hint.
    #[error("{error}")]
    Hinted { error: Box<Error>, hint: String },

    /// Unexpected error of this program or its libraries.
    #[error("{sentence}")]
    Unexpected { sentence: String },
    #[error("The output could not be written ({kind}).")]
    OutputFailed { kind: io::ErrorKind },

    #[error("The pod rejected the credentials: {reason}.")]
    PodUnauthorized { reason: String },
    #[error("Several pods are running: {pods}.")]
    PodAmbiguous { pods: String },
    #[error("There is no pod to use: {reason}.")]
    ProviderFailed { reason: String },
    #[error("The pod cannot be reached: {reason}.")]
    PodUnreachable { reason: String },
    #[error("The pod's certificate is not trusted: {reason}.")]
    PodUntrusted { reason: String },
    #[error("The server at this address is not podslate: {reason}.")]
    NotAPodslate { reason: String },
    #[error("The settings cannot be used: {reason}.")]
    SettingsInvalid { reason: String },

    #[error("There are no usable credentials for the storage: {reason}.")]
    CredentialsMissing { reason: String },
    #[error("The storage rejected the credentials ({reason}).")]
    StorageDenied { reason: String },
    #[error("The bucket or network volume `{bucket}` does not exist at this endpoint.")]
    BucketNotFound { bucket: String },
    #[error("The storage is not in the region `{region}`.")]
    RegionWrong { region: String },
    #[error("Not every file was sent: {files}.")]
    FilesNotSent { files: String },
    #[error("Newer versions on the volume were kept: {files}.")]
    FilesNewer { files: String },
    #[error("The storage failed: {reason}.")]
    StorageFailed { reason: String },
    #[error("The storage at {endpoint} cannot be reached.")]
    EndpointUnreachable { endpoint: String },
    #[error("The storage service is throttling requests.")]
    StorageThrottled,
    #[error("The network volume is full, or its quota is used up.")]
    StorageFull,
}

impl Error {
    /// Error of a library that cannot be foreseen.
    pub fn unexpected(error: impl std::error::Error + 'static) -> Self {
        let sentence = error_chain::describe(&error);
        Self::Unexpected { sentence }
    }

    /// The same error with a more specific hint.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self::Hinted {
            error: Box::new(self),
            hint: hint.into(),
        }
    }

    /// Whether this is an error of the API with that code.
    pub fn is(&self, code: ErrorCode) -> bool {
        match self {
            Self::Api(error) => error.code() == code,
            Self::Hinted { error, .. } => error.is(code),
            _ => false,
        }
    }

    /// Kind of the error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Api(error) => error.code().as_str(),
            Self::Hinted { error, .. } => error.code(),
            Self::Unexpected { .. } | Self::OutputFailed { .. } => "internal",
            Self::PodUnauthorized { .. } => "pod_unauthorized",
            Self::PodAmbiguous { .. } => "pod_ambiguous",
            Self::ProviderFailed { .. } => "provider_failed",
            Self::PodUnreachable { .. } => "pod_unreachable",
            Self::PodUntrusted { .. } => "pod_untrusted",
            Self::NotAPodslate { .. } => "not_a_podslate",
            Self::SettingsInvalid { .. } => "settings_invalid",
            Self::CredentialsMissing { .. } => "credentials_missing",
            Self::StorageDenied { .. } => "storage_denied",
            Self::BucketNotFound { .. } => "bucket_not_found",
            Self::RegionWrong { .. } => "region_wrong",
            Self::FilesNotSent { .. } => "files_not_sent",
            Self::FilesNewer { .. } => "files_newer",
            Self::StorageFailed { .. } => "storage_failed",
            Self::EndpointUnreachable { .. } => "endpoint_unreachable",
            Self::StorageThrottled => "storage_throttled",
            Self::StorageFull => "storage_full",
        }
    }

    /// Exit code: 1 refused, 2 failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Api(error) => error.code().exit_code(),
            Self::Hinted { error, .. } => error.exit_code(),
            Self::PodUnauthorized { .. }
            | Self::PodAmbiguous { .. }
            | Self::CredentialsMissing { .. }
            | Self::StorageDenied { .. }
            | Self::BucketNotFound { .. }
            | Self::RegionWrong { .. }
            | Self::FilesNotSent { .. }
            | Self::FilesNewer { .. } => 1,
            _ => 2,
        }
    }

    /// What to do, unless the sentence says it already.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Api(error) => return error.hint(),
            Self::Hinted { hint, .. } => hint,
            Self::PodUnauthorized { .. } => {
                "Set `PODSLATE_TOKEN` to the pod's token, or name a file that holds it and that \
                 only you can read with `--token-file`."
            }
            Self::PodAmbiguous { .. } => "Name one with `--pod URL`.",
            Self::PodUnreachable { .. } => {
                "Check the address and that the pod is running, then try again."
            }
            Self::PodUntrusted { .. } => {
                "The token was not sent. Check the address; if the certificate is your own, have \
                 this system trust it first."
            }
            Self::NotAPodslate { .. } => "Check the address and the port of the pod.",
            Self::CredentialsMissing { .. } => {
                "Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a credentials file \
                 with `--credentials`."
            }
            Self::StorageDenied { .. } => {
                "Check the access key, its secret and its permissions, and this machine's clock. \
                 RunPod's storage needs its own keys: `S3 API keys` in RunPod's settings."
            }
            Self::BucketNotFound { .. } => {
                "Check `--bucket`, and that `--endpoint` is the one of the volume's data center."
            }
            Self::RegionWrong { .. } => {
                "Give the region with `--region`; at RunPod, the data center, such as `EU-RO-1`."
            }
            Self::FilesNotSent { .. } => {
                "Run the same command again while nothing changes the project; it sends only what \
                 is missing."
            }
            Self::FilesNewer { .. } => {
                "Compare them with the files here; `--overwrite` replaces them on the volume."
            }
            Self::StorageFailed { .. } => {
                "Run the same command again; it sends only what is missing."
            }
            Self::EndpointUnreachable { .. } => {
                "Check the endpoint and the network connection, then run the same command again; \
                 it sends only what is missing."
            }
            Self::StorageThrottled => {
                "Wait a minute, then run the same command again; it sends only what is missing."
            }
            Self::StorageFull => {
                "Free some space on the volume or enlarge it, then run the same command again; it \
                 sends only what is missing."
            }
            Self::Unexpected { .. }
            | Self::OutputFailed { .. }
            | Self::ProviderFailed { .. }
            | Self::SettingsInvalid { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Reason why no pod can be used, as part of a sentence; `None` for any other error.
    pub fn no_pod_reason(&self) -> Option<String> {
        match self {
            Self::ProviderFailed { reason } => Some(format!("there is no pod to use: {reason}")),
            Self::PodUnreachable { reason } => Some(format!("the pod cannot be reached: {reason}")),
            Self::Hinted { error, .. } => error.no_pod_reason(),
            _ => None,
        }
    }

    /// For an invalid name: the rule that it breaks, and a similar name that is valid.
    pub fn broken_rule(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Api(error) => {
                let body = ErrorBody::from(error.clone());
                (body.rule, body.suggestion)
            }
            Self::Hinted { error, .. } => error.broken_rule(),
            _ => (None, None),
        }
    }
}

impl From<ErrorBody> for Error {
    fn from(body: ErrorBody) -> Self {
        Self::Api(body.into())
    }
}

impl From<podslate_shared::NameError> for Error {
    fn from(error: podslate_shared::NameError) -> Self {
        Self::Api(error.into())
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(|error| Self::Unexpected {
            sentence: format!("{error:#}"),
        })
    }
}
