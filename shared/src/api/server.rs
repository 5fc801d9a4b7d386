//! The server itself, and sessions.

use serde::{Deserialize, Serialize};

use super::Success;

/// Response of `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `healthy`, or `degraded` while the workspace cannot be used.
    pub status: String,
    /// Why the workspace cannot be used; absent while it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Folder of the workspace on the server.
    pub workspace: String,
    /// Version of podslate.
    pub version: String,
    /// How the server learns of changes by other programs; absent from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeSource>,
    /// Why it is not told of them; absent if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_reason: Option<String>,
}

/// How a server learns of changes by other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeSource {
    /// The operating system reports them at once.
    Notifications,
    /// The times of folders are compared, because the file system reports nothing.
    Comparison,
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
