//! Creating, renaming and reading one project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DefaultKept, Success, Warning};
use crate::config::ConfigProblem;
use crate::error::ErrorBody;
use crate::report::{Created, Renamed};

/// Body of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateRequest {
    /// Name of the new project.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub project_name: String,
    /// Whether to rename the pristine default project, if any, instead of creating a second one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt_default: Option<bool>,
}

/// Response of `POST /api/projects/create`, which may rename the pristine default project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Created))]
pub struct CreateResponse {
    /// Always `success`.
    pub status: Success,
    /// Name of the new project.
    pub project_name: String,
    /// Folder of the project on the server.
    pub project_path: String,
    /// Sentences for people.
    pub message: String,
    /// With `adopt_default`: the default project, if it was not renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_kept: Option<DefaultKept>,
}

impl CreateResponse {
    /// Response for a project that was created beside the default project.
    pub fn new(created: Created, default_kept: Option<DefaultKept>) -> Self {
        let sentence = created.to_string();
        let message = match &default_kept {
            Some(kept) => format!("{sentence} {kept}"),
            None => sentence,
        };
        Self {
            status: Success::Success,
            message,
            project_name: created.project_name.into(),
            project_path: created.project_path,
            default_kept,
        }
    }
}

impl From<Renamed> for CreateResponse {
    fn from(renamed: Renamed) -> Self {
        Self {
            status: Success::Success,
            message: renamed.to_string(),
            project_name: renamed.new_name.into(),
            project_path: renamed.project_path,
            default_kept: None,
        }
    }
}

/// Body of `POST /rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameRequest {
    /// Current name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::FolderName))]
    pub old_name: String,
    /// New name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Body of `POST /api/projects/{name}/rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewNameRequest {
    /// New name.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::ProjectName))]
    pub new_name: String,
}

/// Response of both rename routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Renamed))]
pub struct RenameResponse {
    /// Always `success`.
    pub status: Success,
    /// Current name.
    pub old_name: String,
    /// New name.
    pub new_name: String,
    /// Folder of the project on the server, under its new name.
    pub project_path: String,
    /// Sentence for people.
    pub message: String,
}

impl From<Renamed> for RenameResponse {
    fn from(renamed: Renamed) -> Self {
        Self {
            status: Success::Success,
            message: renamed.to_string(),
            old_name: renamed.old_name.into(),
            new_name: renamed.new_name.into(),
            project_path: renamed.project_path,
        }
    }
}

/// Response of `GET /api/projects/{name}`. `C` is any JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectDetails<C> {
    /// Always `success`.
    pub status: Success,
    /// Name of the project.
    pub project_name: String,
    /// Folder of the project on the server.
    pub project_path: String,
    /// Content of `pipeline/config.json`; `null` if the file is missing or cannot be used.
    pub config: Option<C>,
    /// Whether the folder of each stage (`input`, `textures`, `rig`, `animation`, `export`) exists.
    pub folders: BTreeMap<String, bool>,
    /// Problems of the project; empty if there are none.
    pub warnings: Vec<Warning>,
    /// With the warning `config_invalid`: why the configuration cannot be used, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_problem: Option<ConfigProblem>,
    /// Whether the folder is mounted from outside, so that the project cannot be renamed here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mounted: bool,
}

impl<C> ProjectDetails<C> {
    /// Sentences for people about the problems of the project.
    pub fn warning_sentences(&self) -> Vec<String> {
        let sentence = |warning: &Warning| warning.sentence(self.config_problem.as_ref());
        self.warnings.iter().map(sentence).collect()
    }
}

/// Response of `GET /api/names/{name}`: whether a project of that name can be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameCheck {
    /// Always `success`, even if the name cannot be used.
    pub status: Success,
    /// The name in the request.
    pub project_name: String,
    /// Whether a project of that name can be created.
    pub available: bool,
    /// Folder of the project on the server; absent for an invalid name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Error that creating the project would return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorBody>,
    /// The default project, if it can be renamed instead of creating one (`adopt_default`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoptable: Option<String>,
}
