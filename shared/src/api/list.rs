//! Lists of projects.

use std::num::IntErrorKind;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::Success;
use crate::config::ConfigProblem;

/// Response of `GET /api/projects/list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectNames {
    /// Names in alphabetical order, case-insensitively.
    pub projects: Vec<String>,
}

/// Order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub struct ListQuery {
    /// Only names that contain all of these words, which spaces separate, in any order. Case, accents,
    /// and whether words of a name are joined by a space, `_` or `-` make no difference.
    pub q: Option<String>,
    /// Order of the list.
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Sort,
    /// Maximum number of projects. Default: all.
    #[serde(deserialize_with = "parse_limit")]
    pub limit: Option<usize>,
    /// Number of projects to skip. A list that changes meanwhile is better read with `after`.
    #[serde(deserialize_with = "parse_limit")]
    pub offset: Option<usize>,
    /// Only projects after this place in the order: `next` of the page before, or a name. When
    /// sorted by time, a project of that name must be in the list.
    pub after: Option<String>,
    /// Name of a project that the page shall contain, about in its middle, instead of `offset`.
    /// Without that project in the list, `offset` counts.
    pub around: Option<String>,
}

/// Parses a limit; a number that does not fit means all.
fn parse_limit<'de, D: Deserializer<'de>>(query: D) -> Result<Option<usize>, D::Error> {
    let text = String::deserialize(query)?;
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(Some(usize::MAX)),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// Response of `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ProjectPage, bound = ""))]
pub struct ProjectPage<P = Vec<ProjectSummary>> {
    /// Always `success`.
    pub status: Success,
    /// Projects of this page, at most `limit`.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<ProjectSummary>))]
    pub projects: P,
    /// Number of projects that match the search, on all pages.
    pub count: usize,
    /// Increases with every change of the list, until the server ends.
    #[serde(default)]
    pub revision: u64,
    /// `counting` while not all folders of the workspace have been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ListState>,
    /// Time when the names were last compared with the disk; absent if that was just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Number of projects before this page; absent unless the page is that of `around`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// `after` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Something is still being counted; the rest follows as events.
    Counting,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSummary {
    /// Name of the folder. Not always a valid project name: other programs create folders, too.
    pub name: String,
    /// Folder of the project on the server.
    pub path: String,
    /// Whether `pipeline/config.json` exists.
    pub has_config: bool,
    /// Time when the folder was created, if the file system records it.
    pub created: Option<String>,
    /// Time of the last change to a file or folder of the project.
    pub modified: Option<String>,
    /// Stages of the pipeline, in order.
    pub stages: Vec<StageState>,
    /// Problems of the project; empty if there are none.
    pub warnings: Vec<Warning>,
    /// With the warning `config_invalid`: why the configuration cannot be used, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_problem: Option<ConfigProblem>,
    /// Whether the folder is mounted from outside, so that the project cannot be renamed here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mounted: bool,
    /// `counting` until the files of the project have been counted; the stages have 0 files then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ListState>,
    /// Time when the files were last compared with the disk; absent if that was within a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

impl ProjectSummary {
    /// Sentences for people about the problems of the project.
    pub fn warning_sentences(&self) -> Vec<String> {
        let sentence = |warning: &Warning| warning.sentence(self.config_problem.as_ref());
        self.warnings.iter().map(sentence).collect()
    }
}

/// Problems of one project in a list of `podslate list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems {
    /// Name of the folder.
    pub project_name: String,
    /// The problems.
    pub warnings: Vec<Warning>,
    /// With the warning `config_invalid`: why the configuration cannot be used, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_problem: Option<ConfigProblem>,
}

impl Problems {
    /// Sentences for people.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        let problem = self.config_problem.as_ref();
        self.warnings
            .iter()
            .map(move |warning| warning.sentence(problem))
    }
}

/// Progress of a pipeline stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageState {
    /// Folder of the stage, for example `0_input`.
    pub name: String,
    /// Number of files in the stage and below, not counting hidden files.
    pub files: u64,
    /// Whether there are more: counting ends at some thousands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A problem of a project that podslate reports and leaves to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The folder's name breaks the rules for new projects.
    NameInvalid,
    /// Another entry of the workspace differs only by case.
    #[serde(rename = "case_twin")]
    CaseConflict,
    /// There is no `pipeline/config.json`.
    ConfigMissing,
    /// `pipeline/config.json` cannot be used; `config_problem` says why.
    ConfigInvalid,
    /// `pipeline/config.json` has another project name than the folder.
    ConfigNameDiffers,
}

impl Warning {
    /// Sentence for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::NameInvalid => "The folder's name breaks the rules for new projects.",
            Self::CaseConflict => "Another folder differs from this one only by case.",
            Self::ConfigMissing => "The file pipeline/config.json is missing.",
            Self::ConfigInvalid => "The file pipeline/config.json cannot be used.",
            Self::ConfigNameDiffers => "The file pipeline/config.json has another project name.",
        }
    }

    /// The sentence with the reason of `config_invalid`, if that is known.
    pub fn sentence(self, problem: Option<&ConfigProblem>) -> String {
        match problem {
            Some(problem) if self == Self::ConfigInvalid => {
                format!("The file pipeline/config.json cannot be used because {problem}.")
            }
            _ => self.message().to_owned(),
        }
    }
}
