//! Events of `GET /api/events`: `change`, `reset`, and `pipeline` with the body of
//! `GET /api/pipeline`. A client that was cut off continues with the header `Last-Event-ID`.

use serde::{Deserialize, Serialize};

use super::ProjectSummary;

/// Data of the event `change`: how the list has changed since the event before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Revision of the list after the change. A list of a later revision includes it already.
    pub revision: u64,
    /// Names of projects that have appeared.
    pub added: Vec<String>,
    /// Names of projects that have disappeared. A renamed project disappears and appears.
    pub removed: Vec<String>,
    /// Projects that were in the list before and have changed.
    pub changed: Vec<ProjectSummary>,
    /// Which of the names that have disappeared are known to have become other names, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Move>,
}

/// The old and the new name of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Move {
    /// Name before.
    pub old_name: String,
    /// Name since.
    pub new_name: String,
}

/// Data of the event `reset`: the client has to read again what it shows, because it is new, more
/// has changed than is kept, or the list is another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reset {
    /// Current revision of the list.
    pub revision: u64,
}
