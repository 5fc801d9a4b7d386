//! Reasons why a new project did not take the place of the default project.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Default project that was not renamed, although the request allowed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DefaultKept {
    /// Name of the default project.
    pub project_name: String,
    /// Why it was not renamed.
    pub reason: KeptReason,
}

/// Reason why the default project was not renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    /// There is no project of that name.
    Missing,
    /// There are other projects.
    NotAlone,
    /// Something was added to it, changed or removed.
    Changed,
    /// The pipeline runs in it, or it is being changed.
    InUse,
    /// Its folder is mounted from outside.
    Mounted,
    /// The volume did not respond in time.
    Unknown,
}

impl fmt::Display for DefaultKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.project_name;
        let reason = match self.reason {
            KeptReason::Missing => {
                return write!(f, "There is no default project {name} to rename.");
            }
            KeptReason::NotAlone => "there are other projects",
            KeptReason::Changed => "it is no longer as it was created",
            KeptReason::InUse => "it is in use",
            KeptReason::Mounted => "its folder is mounted from outside",
            KeptReason::Unknown => "the volume did not respond in time",
        };
        write!(
            f,
            "The default project {name} was not renamed, because {reason}."
        )
    }
}
