//! The rows of the list, and how an answer of the server becomes rows without disturbing anyone.

use leptos::prelude::*;
use podslate_shared::api::{ProjectPage, ProjectSummary, StageState};
use podslate_shared::layout::STAGES;

/// A row: its name never changes, what it shows does.
#[derive(Clone)]
pub struct Row {
    /// The project's name.
    pub name: String,
    /// The project as last heard of.
    pub project: ArcRwSignal<ProjectSummary>,
}

impl Row {
    /// A row for a project.
    pub fn new(project: ProjectSummary) -> Self {
        Self {
            name: project.name.clone(),
            project: ArcRwSignal::new(project),
        }
    }
}

/// Rows that stay although a page of the list lacks them.
#[derive(Clone, Copy, Default)]
pub struct Keep<'a> {
    /// The one that is being renamed: someone is typing there.
    pub renaming: Option<&'a str>,
    /// The one that was just made or renamed and may be further down than the page reaches.
    pub made: Option<&'a ProjectSummary>,
}

/// The rows for a page: those there already are reused, so that their elements stay.
pub fn reconcile(rows: &[Row], page: &ProjectPage, keep: Keep<'_>) -> Vec<Row> {
    // Where nothing came or went, a row is where it was, and thousands need no search.
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
    if let (Some(made), true) = (keep.made, page.next.is_some())
        && lacks(&next, &made.name)
    {
        next.insert(0, reuse(rows, made));
    }
    next
}

/// Whether two lists have the same names in the same order.
pub fn is_same(one: &[Row], other: &[Row]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.name == b.name)
}

/// Whether the search finds a name, as far as the page can tell: the server also knows the capitals
/// of other alphabets.
pub fn matches(name: &str, q: &str) -> bool {
    name.to_ascii_lowercase().contains(&q.to_ascii_lowercase())
}

/// A project as it is right after it was made.
pub fn newborn(name: String, path: String) -> ProjectSummary {
    let empty = |folder: &str| StageState {
        name: folder.to_owned(),
        files: 0,
    };
    ProjectSummary {
        name,
        path,
        has_config: true,
        created: None,
        modified: None,
        stages: STAGES.iter().map(|stage| empty(stage.folder)).collect(),
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
        let project = |name: &&str| newborn((*name).to_owned(), format!("/w/{name}"));
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
    fn rows_follow_the_page() {
        let rows = reconcile(&[], &page(&["A", "B"], None), Keep::default());
        let next = reconcile(&rows, &page(&["B", "C"], None), Keep::default());
        assert_eq!(names(&next), ["B", "C"]);
        assert!(!is_same(&rows, &next));
        assert!(is_same(&next, &next.clone()));
    }

    #[test]
    fn a_row_takes_over_what_changed() {
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
            made: None,
        };
        let next = reconcile(&rows, &page(&["A", "C"], None), keep);
        assert_eq!(names(&next), ["A", "B", "C"]);
    }

    #[test]
    fn a_new_row_beyond_the_page_comes_first_and_a_removed_one_goes() {
        let made = newborn("Z".to_owned(), "/w/Z".to_owned());
        let keep = Keep {
            renaming: None,
            made: Some(&made),
        };
        let beyond = reconcile(&[], &page(&["A"], Some("A")), keep);
        assert_eq!(names(&beyond), ["Z", "A"]);
        let removed = reconcile(&beyond, &page(&["A"], None), keep);
        assert_eq!(names(&removed), ["A"]);
    }

    #[test]
    fn the_search_ignores_capitals() {
        assert!(matches("Clockwork_Owl", "work_o"));
        assert!(matches("Clockwork_Owl", ""));
        assert!(!matches("Clockwork_Owl", "crane"));
    }
}
