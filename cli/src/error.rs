//! Errors of the command line: those of the API and its own.

use std::io;

use podslate_shared::{ErrorBody, ErrorCode, NameError};

use crate::error_chain;

/// Declares the errors that only the command line has: fields, code, exit code, sentence and hint.
macro_rules! errors {
    ($($variant:ident $({ $field:ident })? $code:literal $exit:literal $sentence:literal $hint:literal;)*) => {
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
            #[error("The output could not be written ({kind}).")]
            OutputFailed { kind: io::ErrorKind },
            $(#[error($sentence)] $variant $({ $field: String })?,)*
        }

        impl Error {
            /// Kind of the error, for programs.
            pub fn code(&self) -> &'static str {
                match self {
                    Self::Api(error) => error.code().as_str(),
                    Self::Hinted { error, .. } => error.code(),
                    Self::OutputFailed { .. } => ErrorCode::Internal.as_str(),
                    $(Self::$variant { .. } => $code,)*
                }
            }

            /// Exit code: 1 refused, 2 failed.
            pub fn exit_code(&self) -> u8 {
                match self {
                    Self::Api(error) => error.code().exit_code(),
                    Self::Hinted { error, .. } => error.exit_code(),
                    Self::OutputFailed { .. } => 2,
                    $(Self::$variant { .. } => $exit,)*
                }
            }

            /// What to do, unless the sentence says it already.
            pub fn hint(&self) -> Option<String> {
                let hint = match self {
                    Self::Api(error) => return error.hint(),
                    Self::Hinted { hint, .. } => hint.as_str(),
                    Self::OutputFailed { .. } => "",
                    $(Self::$variant { .. } => $hint,)*
                };
                (!hint.is_empty()).then(|| hint.to_owned())
            }
        }
    };
}

errors! {
    Unexpected { sentence } "internal" 2
        "{sentence}"
        "";
    PodUnauthorized { reason } "pod_unauthorized" 1
        "The pod rejected the credentials: {reason}."
        "Set `PODSLATE_TOKEN` to the pod's token, or name a file that holds it and that only you can \
         read with `--token-file`.";
    PodAmbiguous { pods } "pod_ambiguous" 1
        "Several pods are running: {pods}."
        "Name one with `--pod URL`.";
    ProviderFailed { reason } "provider_failed" 2
        "There is no pod to use: {reason}."
        "";
    PodUnreachable { reason } "pod_unreachable" 2
        "The pod cannot be reached: {reason}."
        "Check the address and that the pod is running, then try again.";
    PodUntrusted { reason } "pod_untrusted" 2
        "The pod's certificate is not trusted: {reason}."
        "The token was not sent. Check the address; if the certificate is your own, have this system \
         trust it first.";
    NotAPodslate { reason } "not_a_podslate" 2
        "The server at this address is not podslate: {reason}."
        "Check the address and the port of the pod.";
    SettingsInvalid { reason } "settings_invalid" 2
        "The settings cannot be used: {reason}."
        "";
    CredentialsMissing { reason } "credentials_missing" 1
        "There are no usable credentials for the storage: {reason}."
        "Set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or name a credentials file with \
         `--credentials`.";
    StorageDenied { reason } "storage_denied" 1
        "The storage rejected the credentials ({reason})."
        "Check the access key, its secret and its permissions, and this machine's clock. RunPod's \
         storage needs its own keys: `S3 API keys` in RunPod's settings.";
    BucketNotFound { bucket } "bucket_not_found" 1
        "The bucket or network volume `{bucket}` does not exist at this endpoint."
        "Check `--bucket`, and that `--endpoint` is the one of the volume's data center.";
    RegionWrong { region } "region_wrong" 1
        "The storage is not in the region `{region}`."
        "Give the region with `--region`; at RunPod, the data center, such as `EU-RO-1`.";
    FilesNotSent { files } "files_not_sent" 1
        "Not every file was sent: {files}."
        "Run the same command again while nothing changes the project; it sends only what is \
         missing.";
    FilesNewer { files } "files_newer" 1
        "Newer versions on the volume were kept: {files}."
        "Compare them with the files here; `--overwrite` replaces them on the volume.";
    StorageFailed { reason } "storage_failed" 2
        "The storage failed: {reason}."
        "Run the same command again; it sends only what is missing.";
    EndpointUnreachable { endpoint } "endpoint_unreachable" 2
        "The storage at {endpoint} cannot be reached."
        "Check the endpoint and the network connection, then run the same command again; it sends \
         only what is missing.";
    StorageThrottled "storage_throttled" 2
        "The storage service is throttling requests."
        "Wait a minute, then run the same command again; it sends only what is missing.";
    StorageFull "storage_full" 2
        "The network volume is full, or its quota is used up."
        "Free some space on the volume or enlarge it, then run the same command again; it sends only \
         what is missing.";
}

impl Error {
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
