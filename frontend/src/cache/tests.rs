//! Tests of the rows that the page has loaded.

use podslate_shared::api::Success;

use super::*;
use crate::rows::tests::summary;

const NAME: Sort = Sort::Name;

/// Page of a list of 1,000 projects: the one at index 7 is `p7`, with as many files as `revision`.
fn page(range: Range<usize>, revision: u64) -> ProjectPage {
    let project = |index| summary(&format!("p{index}"), revision);
    ProjectPage {
        status: Success::Success,
        projects: range.map(project).collect(),
        count: 1_000,
        revision,
        state: None,
        as_of: None,
        offset: None,
        next: None,
    }
}

/// Rows `range` of that list at revision 5.
fn cache(range: Range<usize>) -> Cache {
    let mut cache = Cache::default();
    receive(&mut cache, range, 5);
    cache
}

fn receive(cache: &mut Cache, range: Range<usize>, revision: u64) {
    cache.begin();
    cache.apply(range.start, page(range, revision), NAME, false);
}

fn change(revision: u64, added: &[&str], changed: &[(&str, u64)]) -> Change {
    Change {
        revision,
        added: added.iter().map(|name| (*name).to_owned()).collect(),
        removed: Vec::new(),
        renamed: Vec::new(),
        changed: changed
            .iter()
            .map(|(name, files)| summary(name, *files))
            .collect(),
    }
}

/// Keys of the rows in view.
fn keys(cache: &mut Cache, view: Range<usize>) -> Vec<String> {
    cache
        .rows(&view, None, None)
        .into_iter()
        .map(|row| row.key)
        .collect()
}

/// Number of files of a project.
fn files(cache: &Cache, name: &str) -> u64 {
    let project = cache.find(name).and_then(|row| row.project.clone());
    project.map_or(0, |project| project.read_untracked().stages[0].files)
}

#[test]
fn rows_that_are_not_loaded_keep_their_place() {
    let mut cache = cache(0..40);
    assert_eq!(keys(&mut cache, 38..42), ["p38", "p39", "/40", "/41"]);
    assert_eq!(keys(&mut cache, 998..1_010), ["/998", "/999"]);
    cache.rename("p38", "hero");
    assert_eq!(keys(&mut cache, 38..40), ["hero", "p39"]);
    assert_eq!(files(&cache, "hero"), 5);
}

#[test]
fn only_what_is_missing_is_requested() {
    let mut cache = cache(40..80);
    assert!(!cache.lacks(&(40..80)));
    assert!(cache.lacks(&(50..90)) && cache.lacks(&(30..60)));
    assert_eq!(cache.wanted(&(50..90)), 80..120);
    assert_eq!(cache.wanted(&(30..60)), 0..40);
    assert_eq!(cache.wanted(&(500..530)), 480..560);
    receive(&mut cache, 80..120, 5);
    assert!(!cache.lacks(&(40..120)));
    assert_eq!(keys(&mut cache, 79..81), ["p79", "p80"]);
    receive(&mut cache, 920..1_000, 5);
    assert!(!cache.lacks(&(980..1_010)), "the list has no more");
    assert!(
        cache.lacks(&(40..80)),
        "only rows that follow each other are kept"
    );
}

#[test]
fn changed_projects_need_no_request_unless_the_order_depends_on_them() {
    let mut cache = cache(0..40);
    assert!(!cache.patch(&change(6, &[], &[("p3", 60), ("p500", 60)]), NAME));
    assert_eq!(files(&cache, "p3"), 60);
    assert!(!cache.lacks(&(0..40)));
    assert!(cache.patch(&change(7, &[], &[("p3", 70)]), Sort::Modified));
    assert_eq!(files(&cache, "p3"), 70);
    assert!(cache.lacks(&(0..40)));
}

#[test]
fn added_projects_need_a_request_unless_the_list_has_them() {
    let mut cache = cache(0..40);
    assert!(!cache.patch(&change(5, &["p2"], &[("p2", 1)]), NAME));
    assert_eq!(files(&cache, "p2"), 5);
    assert!(cache.patch(&change(6, &["new"], &[]), NAME));
    assert_eq!(cache.wanted(&(10..30)), 0..40);
    receive(&mut cache, 0..40, 6);
    assert!(!cache.lacks(&(0..40)));
}

#[test]
fn a_change_during_a_request_outlives_an_older_response() {
    let mut cache = cache(0..40);
    cache.begin();
    cache.patch(&change(6, &[], &[("p3", 60), ("p50", 60)]), NAME);
    cache.apply(40, page(40..80, 5), NAME, false);
    assert_eq!((files(&cache, "p3"), files(&cache, "p50")), (60, 60));
    assert!(!cache.lacks(&(0..80)), "both belong together");

    cache.begin();
    cache.patch(&change(7, &["new"], &[]), NAME);
    cache.apply(0, page(0..80, 6), NAME, false);
    assert!(cache.lacks(&(0..80)), "the response lacks the new project");

    cache.begin();
    for revision in 8..80 {
        cache.patch(&change(revision, &[], &[]), NAME);
    }
    cache.apply(0, page(0..80, 7), NAME, false);
    assert!(cache.lacks(&(0..80)), "too many to remember");
}

#[test]
fn another_revision_replaces_the_rows() {
    let mut cache = cache(0..40);
    receive(&mut cache, 40..80, 6);
    assert!(cache.lacks(&(0..40)) && !cache.lacks(&(40..80)));
    cache.reset();
    assert!(cache.lacks(&(40..80)));
    assert!(
        !cache.patch(&change(2, &[], &[]), NAME),
        "that request is on its way"
    );
    receive(&mut cache, 40..80, 2);
    assert!(!cache.lacks(&(40..80)));
    assert!(!cache.patch(&change(3, &[], &[("p50", 9)]), NAME));
    assert_eq!(
        files(&cache, "p50"),
        9,
        "the new server counts from the start"
    );
}

#[test]
fn rows_that_a_person_works_in_stay_wherever_they_are() {
    let mut cache = cache(0..40);
    let kept = |rows: Vec<Row>| rows.iter().any(|row| row.key == "p3" && row.index == 3);
    receive(&mut cache, 480..560, 6);
    assert!(!kept(cache.rows(&(500..530), None, None)));
    receive(&mut cache, 0..40, 6);
    assert!(kept(cache.rows(&(20..40), Some("p3"), None)));
    receive(&mut cache, 480..560, 6);
    let rows = cache.rows(&(500..530), None, Some("p3"));
    assert_eq!((rows.len(), rows[0].key.as_str()), (31, "p3"));
    assert!(!cache.patch(&change(7, &[], &[("p3", 70)]), NAME));
    assert_eq!(files(&cache, "p3"), 70, "it is kept current");
    let project = rows[0].project.clone().expect("a project");
    receive(&mut cache, 0..40, 7);
    let rows = cache.rows(&(0..40), None, Some("p3"));
    let again = rows[3].project.as_ref().expect("a project");
    assert!(*again == project, "the element is still its own");
}

#[test]
fn only_a_form_stays_in_the_place_of_another_project() {
    let mut cache = cache(0..40);
    assert_eq!(cache.rows(&(0..40), None, Some("p3")).len(), 40);
    let mut without = page(0..40, 6);
    without.projects.remove(3);
    cache.begin();
    cache.apply(0, without, NAME, false);
    let mut keys = |renaming, focused| -> Vec<String> {
        let rows = cache.rows(&(2..5), renaming, focused);
        rows.into_iter().map(|row| row.key).collect()
    };
    assert_eq!(keys(None, Some("p3")), ["p2", "p4", "p5"]);
    assert_eq!(keys(Some("p3"), Some("p3")), ["p2", "p4", "p3", "p5"]);
}

#[test]
fn the_last_row_goes_with_its_project_even_with_the_focus() {
    let mut cache = cache(0..40);
    let list = |names: Range<usize>, revision| {
        let mut page = page(names.clone(), revision);
        page.count = names.end;
        page
    };
    cache.begin();
    cache.apply(0, list(0..4, 6), NAME, false);
    assert_eq!(cache.rows(&(0..4), None, Some("p3")).len(), 4);
    cache.begin();
    cache.apply(0, list(0..3, 7), NAME, false);
    assert_eq!(cache.rows(&(0..4), None, Some("p3")).len(), 3);
}

#[test]
fn few_rows_are_kept() {
    let mut cache = cache(0..40);
    for start in (40..960).step_by(40) {
        receive(&mut cache, start..start + 40, 5);
        let view = start..start + 40;
        assert_eq!(cache.rows(&view, None, None).len(), 40);
        assert!(cache.rows.len() <= MAX_ROWS && cache.kept.is_empty());
    }
    assert!(!cache.lacks(&(800..960)));
}
