//! Errors of the command line: those of the API and its own.

use std::io;

use podslate_shared::{ErrorBody, ErrorCode, NameError};

use crate::error_chain;

/// Result of everything that a command does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Declares the errors that only the command line has, a row each: field, code, exit code,
/// sentence, and a hint unless the sentence says it already.
macro_rules! errors {
    ($($variant:ident $({ $($field:ident: $type:ty),* })? = $code:literal, $exit:literal,
        $sentence:literal $(, hint $hint:literal)?;)*) => {
        /// Error of a command. `Display` is the sentence for people.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the sentence says what each variant and field is")]
        pub enum Error {
            /// Error of the workspace, the worker or a pod's API.
            #[error(transparent)]
            Api(#[from] podslate_shared::Error),
            /// Error with a more specific hint.
            #[error("{error}")]
            Hinted { error: Box<Error>, hint: String },
            $(#[error($sentence)] $variant $({ $($field: $type),* })?,)*
        }

        impl Error {
            /// Kind of the error, for programs.
            pub fn code(&self) -> &'static str {
                match self {
                    Self::Api(error) => error.code().as_str(),
                    Self::Hinted { error, .. } => error.code(),
                    $(Self::$variant { .. } => $code,)*
                }
            }

            /// Exit code: 1 refused, 2 failed.
            pub fn exit_code(&self) -> u8 {
                match self {
                    Self::Api(error) => error.code().exit_code(),
                    Self::Hinted { error, .. } => error.exit_code(),
                    $(Self::$variant { .. } => $exit,)*
                }
            }

            /// What to do, unless the sentence says it already.
            pub fn hint(&self) -> Option<String> {
                let hint = match self {
                    Self::Api(error) => return error.hint(),
                    Self::Hinted { hint, .. } => hint.as_str(),
                    $(Self::$variant { .. } => concat!($($hint)?),)*
                };
                (!hint.is_empty()).then(|| hint.to_owned())
            }
        }
    };
}

errors! {
    OutputFailed { kind: io::ErrorKind } = "internal", 2,
        "The output could not be written ({kind}).";
    Unexpected { sentence: String } = "internal", 2,
        "{sentence}";
    PodUnauthorized { reason: String } = "pod_unauthorized", 1,
        "The pod rejected the credentials: {reason}.",
        hint "Set `PODSLATE_TOKEN` to the pod's token, or name a file that holds it and that only \
         you can read with `--token-file`.";
    PodAmbiguous { pods: String } = "pod_ambiguous", 1,
        "Several pods are running: {pods}.",
        hint "Name one with `--pod URL`.";
    PodNotFound { name: String } = "pod_not_found", 1,
        "No pod is called `{name}` or was started for a project of that name.",
        hint "`podslate pods` lists the pods.";
    NoPodRunning { provider: String } = "no_pod_running", 1,
        "{provider} has no running pod that podslate started.",
        hint "`podslate pods` lists those that have stopped.";
    StorageMissing { name: String } = "storage_missing", 1,
        "The pod `{name}` would lose its projects when it stops: `[runpod]` names no storage.",
        hint "Add `volume = {{ id = \"ID\" }}`, or `persistent = {{ size = 20 }}` with a graphics card, \
         to `[runpod]` in `podslate.toml`; `--ephemeral` rents the pod without.";
    ProjectsLost { name: String } = "projects_lost", 1,
        "The projects on the pod `{name}` would be lost: it has no storage that outlasts a stop.",
        hint "Copy what you need from the pod first; `--ephemeral` stops it all the same.";
    ProviderFailed { reason: String } = "provider_failed", 2,
        "There is no pod to use: {reason}.",
        hint "Check the provider in `podslate.toml` and that it works, then try again.";
    PodUnreachable { reason: String } = "pod_unreachable", 2,
        "The pod cannot be reached: {reason}.",
        hint "Check the address and that the pod is running, then try again.";
    PodUntrusted { reason: String } = "pod_untrusted", 2,
        "The pod's certificate is not trusted: {reason}.",
        hint "The token was not sent. Check the address; if the certificate is your own, have this \
         system trust it first.";
    NotAPodslate { reason: String } = "not_a_podslate", 2,
        "The server at this address is not podslate: {reason}.",
        hint "Check the address and the port of the pod.";
    PodMismatch { reason: String } = "pod_mismatch", 2,
        "The pod's response does not match the request: {reason}.",
        hint "Check the address of the pod; `podslate list` shows what it has.";
    SettingsInvalid { reason: String } = "settings_invalid", 2,
        "The settings cannot be used: {reason}.";
    SettingsUntrusted { path: String, problem: String } = "settings_untrusted", 1,
        "The settings file `{path}` {problem}.";
    CredentialsMissing { reason: String } = "credentials_missing", 1,
        "There are no usable credentials for the storage: {reason}.",
        hint "Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a credentials file with \
         `--credentials`.";
    StorageDenied { reason: String } = "storage_denied", 1,
        "The storage rejected the credentials ({reason}).",
        hint "Check the access key, its secret and its permissions, and this machine's clock. \
         RunPod's storage needs its own keys: `S3 API keys` in RunPod's settings.";
    BucketNotFound { bucket: String } = "bucket_not_found", 1,
        "The bucket or network volume `{bucket}` does not exist at this endpoint.",
        hint "Check `--bucket`, and that `--endpoint` is the one of the volume's data center.";
    RegionWrong { region: String } = "region_wrong", 1,
        "The storage is not in the region `{region}`.",
        hint "Give the region with `--region`; at RunPod, the data center, such as `EU-RO-1`.";
    FilesNotSent { files: String } = "files_not_sent", 1,
        "Not every file was sent: {files}.",
        hint "Run the same command again while nothing changes the project; it sends only what is \
         missing.";
    FilesNewer { files: String } = "files_newer", 1,
        "Newer versions on the volume were kept: {files}.",
        hint "Compare them with the files here; `--overwrite` replaces them on the volume.";
    StorageFailed { reason: String } = "storage_failed", 2,
        "The storage failed: {reason}.",
        hint "Run the same command again; it sends only what is missing.";
    EndpointUnreachable { endpoint: String } = "endpoint_unreachable", 2,
        "The storage at {endpoint} cannot be reached.",
        hint "Check the endpoint and the network connection, then run the same command again; it \
         sends only what is missing.";
    StorageThrottled = "storage_throttled", 2,
        "The storage service is throttling requests.",
        hint "Wait a minute, then run the same command again; it sends only what is missing.";
    StorageFull = "storage_full", 2,
        "The network volume is full, or its quota is used up.",
        hint "Free some space on the volume or enlarge it, then run the same command again; it \
         sends only what is missing.";
}

impl Error {
    /// Error for an argument that is not valid.
    pub fn invalid(reason: impl ToString) -> Self {
        let reason = reason.to_string();
        podslate_shared::Error::RequestInvalid { reason }.into()
    }

    /// Error of a library that cannot be foreseen.
    pub fn unexpected(error: impl std::error::Error + 'static) -> Self {
        let sentence = error_chain::describe(&error);
        Self::Unexpected { sentence }
    }

    /// The same error with a more specific hint.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        let (error, hint) = (Box::new(self), hint.into());
        Self::Hinted { error, hint }
    }

    /// The error of the API, if this is one.
    pub fn api(&self) -> Option<&podslate_shared::Error> {
        match self {
            Self::Api(error) => Some(error),
            Self::Hinted { error, .. } => error.api(),
            _ => None,
        }
    }

    /// Whether this is an error of the API with that code.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.api().is_some_and(|error| error.code() == code)
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
}

impl From<ErrorBody> for Error {
    fn from(body: ErrorBody) -> Self {
        Self::Api(body.into())
    }
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
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
