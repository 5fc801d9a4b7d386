//! The HTTP API's requests and answers. Times are RFC 3339 in UTC; paths are those of the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;

#[cfg(feature = "openapi")]
use utoipa::{IntoParams, ToSchema};

/// The word that every successful answer carries as `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Success {
    /// The only value.
    #[default]
    Success,
}

/// Answer of `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Health {
    /// `healthy`.
    pub status: String,
    /// The workspace's folder on the server.
    pub workspace: String,
    /// podslate's version.
    pub version: String,
}

/// Answer of `GET /api/projects/list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectNames {
    /// In alphabetical order, capitals and small letters alike.
    pub projects: Vec<String>,
}

/// How a list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By name, A first.
    #[default]
    Name,
    /// By creation, newest first.
    Created,
    /// By last change, newest first.
    Modified,
}

/// Query of `GET /api/projects`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(IntoParams))]
#[serde(default)]
pub struct ListQuery {
    /// Only names that contain this, capitals and small letters alike.
    pub q: Option<String>,
    /// The order.
    pub sort: Sort,
    /// At most so many projects; without it, all.
    pub limit: Option<usize>,
    /// Only projects that come after this name in the order.
    pub after: Option<String>,
}

/// Answer of `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectPage {
    /// `success`.
    pub status: Success,
    /// The projects, at most `limit`.
    pub projects: Vec<ProjectSummary>,
    /// How many match the search in all, on this page or not.
    pub count: usize,
    /// What to send as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One project of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectSummary {
    /// The folder's name. Not always a valid [`crate::ProjectName`]: other programs make folders.
    pub name: String,
    /// The project's folder on the server.
    pub path: String,
    /// Whether `pipeline/config.json` exists.
    pub has_config: bool,
    /// When the folder was made, where the file system knows it.
    pub created: Option<String>,
    /// When a file or folder of the project last changed.
    pub modified: Option<String>,
    /// The pipeline's stages in their order.
    pub stages: Vec<StageState>,
    /// What is not as it should be; empty for a project in order.
    pub warnings: Vec<Warning>,
}

/// How far a stage of the pipeline is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct StageState {
    /// The stage's folder, for example `0_input`.
    pub name: String,
    /// Files in it and below, hidden ones not counted. A stage with files is filled.
    pub files: u64,
}

/// Something about a project that a person should know and that podslate leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The folder's name breaks the rules of a project name.
    NameInvalid,
    /// Another entry of the workspace differs only by capitals.
    CaseTwin,
    /// There is no `pipeline/config.json`.
    ConfigMissing,
    /// `pipeline/config.json` is not valid JSON.
    ConfigInvalid,
    /// `pipeline/config.json` says another name than the folder.
    ConfigNameDiffers,
}

impl Warning {
    /// The warning as a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NameInvalid => "The folder's name is not a valid project name.",
            Self::CaseTwin => "Another folder differs from this one only by capitals.",
            Self::ConfigMissing => "The file pipeline/config.json is missing.",
            Self::ConfigInvalid => "The file pipeline/config.json is not valid JSON.",
            Self::ConfigNameDiffers => "The file pipeline/config.json says another project name.",
        }
    }
}

/// Body of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct CreateRequest {
    /// A [`crate::ProjectName`].
    pub project_name: String,
    /// Whether an untouched default project ([`NameCheck::adoptable`]) is renamed to this name
    /// instead of making a second project; the answer is that of a create either way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt_default: Option<bool>,
}

/// Answer of `POST /api/projects/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Created {
    /// `success`.
    pub status: Success,
    /// The new project's name.
    pub project_name: String,
    /// Its folder on the server.
    pub project_path: String,
    /// A sentence for people.
    pub message: String,
}

/// Body of `POST /rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct RenameRequest {
    /// The name until now.
    pub old_name: String,
    /// The name from now on.
    pub new_name: String,
}

/// Body of `POST /api/projects/{name}/rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NewNameRequest {
    /// The name from now on.
    pub new_name: String,
}

/// Answer of both spellings of a rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct Renamed {
    /// `success`.
    pub status: Success,
    /// The name until now.
    pub old_name: String,
    /// The name from now on.
    pub new_name: String,
    /// The project's folder on the server, under its new name.
    pub project_path: String,
    /// A sentence for people.
    pub message: String,
}

/// Answer of `GET /api/projects/{name}`. `C` is any JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct ProjectDetails<C> {
    /// `success`.
    pub status: Success,
    /// The project's name.
    pub project_name: String,
    /// Its folder on the server.
    pub project_path: String,
    /// `pipeline/config.json` as it is on disk; `null` where it is missing or not valid JSON.
    pub config: Option<C>,
    /// For each stage (`input`, `textures`, `rig`, `animation`, `export`), whether its folder
    /// exists.
    pub folders: BTreeMap<String, bool>,
    /// What is not as it should be; empty for a project in order.
    pub warnings: Vec<Warning>,
}

/// Answer of `GET /api/names/{name}`: whether a project could be made under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
pub struct NameCheck {
    /// `success`, also where the name cannot be used.
    pub status: Success,
    /// The name as asked.
    pub project_name: String,
    /// Whether it is free.
    pub available: bool,
    /// Where a project of this name is, or would be, on the server; absent for an invalid name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Why it cannot be used, as creating it would answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorBody>,
    /// An untouched default project that could be renamed to this name instead of making a second
    /// project, with [`CreateRequest::adopt_default`]; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoptable: Option<String>,
}
