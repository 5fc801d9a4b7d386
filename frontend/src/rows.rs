//! Rows of the list.

use leptos::prelude::*;
use podslate_shared::api::ProjectSummary;
use podslate_shared::latin::{Words, fold};

/// Row of the list: a project, or the place of one that has not been loaded.
#[derive(Clone)]
pub struct Row {
    /// Name of the project, which never changes. The key of a place begins with a slash, which no
    /// name contains.
    pub key: String,
    /// Number of rows before this one.
    pub index: usize,
    /// The project; `None` before it is loaded.
    pub project: Option<ArcRwSignal<ProjectSummary>>,
}

impl Row {
    pub fn new(index: usize, project: ProjectSummary) -> Self {
        Self {
            key: project.name.clone(),
            index,
            project: Some(ArcRwSignal::new(project)),
        }
    }

    /// The place of a project that has not been loaded.
    pub fn placeholder(index: usize) -> Self {
        Self {
            key: format!("/{index}"),
            index,
            project: None,
        }
    }

    /// Shows another state of the project.
    pub fn show(&self, project: ProjectSummary) {
        if let Some(signal) = &self.project
            && *signal.read_untracked() != project
        {
            signal.set(project);
        }
    }
}

/// Row of a project among others.
pub fn find<'r>(rows: &'r [Row], name: &str) -> Option<&'r Row> {
    rows.iter().find(|row| row.key == name)
}

/// Whether two lists have the same rows at the same places.
pub fn is_same(one: &[Row], other: &[Row]) -> bool {
    let is_same = |(a, b): (&Row, &Row)| a.index == b.index && a.key == b.key;
    one.len() == other.len() && one.iter().zip(other).all(is_same)
}

/// Whether a search matches a name.
pub fn matches(name: &str, q: &str) -> bool {
    Words::new(q).match_folded(&fold(name))
}

#[cfg(test)]
pub mod tests {
    use podslate_shared::api::StageState;

    use super::*;

    /// Summary of a project with one stage.
    pub fn summary(name: &str, files: u64) -> ProjectSummary {
        let stage = StageState {
            name: "0_input".to_owned(),
            files,
            more: false,
        };
        ProjectSummary {
            name: name.to_owned(),
            path: format!("/w/{name}"),
            has_config: true,
            created: None,
            modified: None,
            stages: vec![stage],
            warnings: Vec::new(),
            config_problem: None,
            mounted: false,
            state: None,
            as_of: None,
        }
    }

    #[test]
    fn a_row_shows_the_changed_project() {
        let row = Row::new(0, summary("A", 0));
        row.show(summary("A", 3));
        let project = row.project.expect("a project");
        assert_eq!(project.read_untracked().stages[0].files, 3);
    }

    #[test]
    fn the_search_ignores_case() {
        assert!(matches("Clockwork_Owl", "work_o"));
        assert!(matches("Clockwork_Owl", ""));
        assert!(!matches("Clockwork_Owl", "crane"));
    }
}
