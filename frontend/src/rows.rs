//! Rows of the list, and their update from the server's list without disturbing a person.

use leptos::prelude::*;
use podslate_shared::api::{ProjectPage, ProjectSummary, StageState};
use podslate_shared::layout::STAGES;

/// Row of the list. Its name never changes, its content does.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    pub project: ArcRwSignal<ProjectSummary>,
}

impl Row {
    pub fn new(project: ProjectSummary) -> Self {
        Self {
            name: project.name.clone(),
            project: ArcRwSignal::new(project),
        }
    }
}

/// Rows that stay even if the server's list lacks them.
#[derive(Clone, Copy, Default)]
pub struct Keep<'a> {
    /// Project that is being renamed: a person is typing there.
    pub renaming: Option<&'a str>,
    /// Project that was just created or renamed, and may come after the end of the list.
    pub recent: Option<&'a ProjectSummary>,
}

/// Rows for the server's list. Existing rows are reused, so that their elements stay.
pub fn reconcile(rows: &[Row], page: &ProjectPage, keep: Keep<'_>) -> Vec<Row> {
    // Most rows keep their index, so that even thousands need no search.
    let at = |index: usize, name: &str| rows.get(index).filter(|row| row.name == name);
    let row = |(index, project): (usize, &ProjectSummary)| match at(index, &project.name) {
        Some(row) => updated(row, project),
        None => reuse(rows, project),
    };
    let mut next: Vec<Row> = page.projects.iter().enumerate().map(row).collect();
    let lacks = |next: &[Row], name: &str| !next.iter().any(|row| row.name == name);
    if let Some(index) = keep.renaming.and_then(|name| position(rows, name))
        && lacks(&next, &rows[index].name)
    {
        next.insert(index.min(next.len()), rows[index].clone());
    }
    if let Some(recent) = keep.recent
        && page.next.is_some()
        && lacks(&next, &recent.name)
    {
        next.insert(0, reuse(rows, recent));
    }
    next
}

/// Whether two lists have the same names in the same order.
pub fn is_same(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.name == b.name)
}

/// Whether a search matches a name. Approximate: only the server ignores the case of non-ASCII
/// letters.
pub fn matches(name: &str, q: &str) -> bool {
    name.to_ascii_lowercase().contains(&q.to_ascii_lowercase())
}

/// Summary of a project right after its creation.
pub fn new_summary(name: String, path: String) -> ProjectSummary {
    let stages = STAGES.map(|stage| StageState {
        name: stage.folder.to_owned(),
        files: 0,
    });
    ProjectSummary {
        name,
        path,
        has_config: true,
        created: None,
        modified: None,
        stages: stages.to_vec(),
        warnings: Vec::new(),
    }
}

fn position(rows: &[Row], name: &str) -> Option<usize> {
    rows.iter().position(|row| row.name == name)
}

fn reuse(rows: &[Row], project: &ProjectSummary) -> Row {
    match position(rows, &project.name) {
        Some(index) => updated(&rows[index], project),
        None => Row::new(project.clone()),
    }
}

fn updated(row: &Row, project: &ProjectSummary) -> Row {
    if row.project.read_untracked() != *project {
        row.project.set(project.clone());
    }
    row.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use podslate_shared::api::Success;

    fn page(names: &[&str], next: Option<&str>) -> ProjectPage {
        let project = |name: &&str| new_summary((*name).to_owned(), format!("/w/{name}"));
        ProjectPage {
            status: Success::Success,
            projects: names.iter().map(project).collect(),
            count: names.len(),
            next: next.map(str::to_owned),
        }
    }

    fn names(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn rows_follow_the_servers_list() {
        let rows = reconcile(&[], &page(&["A", "B"], None), Keep::default());
        let next = reconcile(&rows, &page(&["B", "C"], None), Keep::default());
        assert_eq!(names(&next), ["B", "C"]);
        assert!(!is_same(&rows, &next));
        assert!(is_same(&next, &next.clone()));
    }

    #[test]
    fn a_row_shows_the_changed_project() {
        let rows = reconcile(&[], &page(&["A"], None), Keep::default());
        let mut changed = page(&["A"], None);
        changed.projects[0].stages[0].files = 3;
        reconcile(&rows, &changed, Keep::default());
        assert_eq!(rows[0].project.read_untracked().stages[0].files, 3);
    }

    #[test]
    fn a_row_that_is_being_renamed_stays() {
        let rows = reconcile(&[], &page(&["A", "B", "C"], None), Keep::default());
        let keep = Keep {
            renaming: Some("B"),
            recent: None,
        };
        let next = reconcile(&rows, &page(&["A", "C"], None), keep);
        assert_eq!(names(&next), ["A", "B", "C"]);
    }

    #[test]
    fn a_new_project_beyond_the_list_comes_first_until_it_is_removed() {
        let recent = new_summary("Z".to_owned(), "/w/Z".to_owned());
        let keep = Keep {
            renaming: None,
            recent: Some(&recent),
        };
        let beyond = reconcile(&[], &page(&["A"], Some("A")), keep);
        assert_eq!(names(&beyond), ["Z", "A"]);
        let removed = reconcile(&beyond, &page(&["A"], None), keep);
        assert_eq!(names(&removed), ["A"]);
    }

    #[test]
    fn the_search_ignores_case() {
        assert!(matches("Clockwork_Owl", "work_o"));
        assert!(matches("Clockwork_Owl", ""));
        assert!(!matches("Clockwork_Owl", "crane"));
    }
}
