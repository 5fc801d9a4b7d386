//! Environment variables that the program reads or sets.

use std::ffi::OsString;

/// Value of a variable; `None` if it is missing or empty: forms for pods leave fields empty.
pub fn get(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

pub const PROJECT_NAME: &str = "PROJECT_NAME";
/// Folder of the projects.
pub const WORKSPACE: &str = "PODSLATE_WORKSPACE";

/// Address that the server listens on.
pub const HOST: &str = "PODSLATE_HOST";
pub const PORT: &str = "PODSLATE_PORT";
/// Host names under which browsers reach the server, separated by commas.
pub const PUBLIC_HOST: &str = "PODSLATE_PUBLIC_HOST";
/// Sites whose pages may use the API, separated by commas.
pub const ALLOW_ORIGIN: &str = "PODSLATE_ALLOW_ORIGIN";
/// Project to create in a workspace without projects.
pub const DEFAULT_PROJECT: &str = "PODSLATE_DEFAULT_PROJECT";
/// Whether the server ends with the pipeline command.
pub const EXIT_WITH_PIPELINE: &str = "PODSLATE_EXIT_WITH_PIPELINE";
/// Whether the server does without notifications of changes.
pub const NO_WATCH: &str = "PODSLATE_NO_WATCH";
/// Filter of the log, as `tracing-subscriber` reads it.
pub const LOG: &str = "PODSLATE_LOG";
pub const LOG_FORMAT: &str = "PODSLATE_LOG_FORMAT";
/// Set by `podslate serve` for the processes that it starts itself as.
#[cfg(unix)]
pub const ROLE: &str = "PODSLATE_ROLE";

/// Token of the server, or of the pod that a command works on.
pub const TOKEN: &str = "PODSLATE_TOKEN";
/// Address of the pod that a command works on.
pub const POD: &str = "PODSLATE_POD";

/// Identifier that RunPod gives a pod; names the pod's address.
pub const RUNPOD_POD_ID: &str = "RUNPOD_POD_ID";
pub const RUNPOD_API_KEY: &str = "RUNPOD_API_KEY";
/// For tests: address of a server in place of RunPod's API.
pub const RUNPOD_API: &str = "PODSLATE_RUNPOD_API";
/// For tests: address of a server in place of RunPod's proxy.
pub const RUNPOD_PROXY: &str = "PODSLATE_RUNPOD_PROXY";

pub const S3_ENDPOINT: &str = "PODSLATE_S3_ENDPOINT";
pub const S3_BUCKET: &str = "PODSLATE_S3_BUCKET";
pub const S3_REGION: &str = "PODSLATE_S3_REGION";
/// Folder of the bucket that holds the projects.
pub const S3_PREFIX: &str = "PODSLATE_S3_PREFIX";
/// File with the key of the storage.
pub const S3_CREDENTIALS: &str = "PODSLATE_S3_CREDENTIALS";
pub const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
pub const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Session token of a temporary access key.
pub const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// File with access keys, in place of `~/.aws/credentials`.
pub const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// Section of the file with access keys.
pub const AWS_PROFILE: &str = "AWS_PROFILE";

pub const NO_COLOR: &str = "NO_COLOR";
/// Turns the backtrace of a panic on.
pub const RUST_BACKTRACE: &str = "RUST_BACKTRACE";
