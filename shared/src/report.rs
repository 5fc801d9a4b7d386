//! What the worker says with `--json`: one object on standard output, whether it worked or not.

use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;

/// The worker's answer. An error has the same form in the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Report {
    /// It is done; exit code 0.
    Success(Done),
    /// It was refused or failed; the code's row in [`crate::error::CODES`] has the exit code.
    Error(ErrorBody),
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Done {
    /// A new project stands in the workspace.
    Created {
        /// The project's name.
        project_name: String,
        /// The project's folder, as the worker sees it.
        project_path: String,
        /// A sentence for people.
        message: String,
    },
    /// The project existed; what was missing of the layout was added.
    Completed {
        /// The project's name.
        project_name: String,
        /// The project's folder, as the worker sees it.
        project_path: String,
        /// What was added, relative to the project's folder; empty if it was complete.
        added: Vec<String>,
        /// A sentence for people.
        message: String,
    },
    /// The project has a new name.
    Renamed {
        /// The name until now.
        old_name: String,
        /// The name from now on.
        new_name: String,
        /// The project's folder under its new name, as the worker sees it.
        project_path: String,
        /// A sentence for people.
        message: String,
    },
    /// What interrupted work left behind has been brought to its end.
    Recovered {
        /// Projects whose configuration says the folder's name again.
        repaired: Vec<String>,
        /// Unfinished entries that are gone.
        removed: Vec<String>,
        /// What could not be repaired or removed, each with the reason.
        left: Vec<String>,
        /// A sentence for people.
        message: String,
    },
    /// The projects of the workspace.
    Listed {
        /// Names in alphabetical order, capitals and small letters alike.
        projects: Vec<String>,
        /// How many there are.
        count: usize,
    },
}
