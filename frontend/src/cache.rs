//! The part of the list that the page has loaded: rows that follow each other, kept current by the
//! pages and changes that the server sends.

use std::ops::Range;

use leptos::prelude::*;
use podslate_shared::api::{Change, ProjectPage, ProjectSummary, Sort};

use crate::rows::{self, Row};

/// Number of rows that requests are rounded to, so that scrolling sends few.
const PAGE: usize = 40;
/// Maximum number of rows to keep, and the number around the view that is kept of more.
const MAX_ROWS: usize = 600;
const KEPT_AROUND: usize = 200;
/// Maximum number of changes to remember during a request; after more the list is read again.
const MAX_CHANGES: usize = 30;

/// Rows that have been loaded.
#[derive(Default)]
pub struct Cache {
    /// Number of projects in the list.
    pub count: usize,
    /// Revision of the list that the rows are known to be of.
    pub revision: u64,
    start: usize,
    rows: Vec<Row>,
    /// Rows outside of these that are still on the page.
    kept: Vec<Row>,
    /// Whether the order may have changed since.
    is_stale: bool,
    /// Changes since the request in progress was sent; its response may lack them.
    recent: Option<Vec<Change>>,
}

impl Cache {
    /// Starts to remember changes, because a request is sent.
    pub fn begin(&mut self) {
        self.recent = Some(Vec::new());
    }

    /// Makes all rows outdated: the server's list may be another one.
    pub fn reset(&mut self) {
        self.is_stale = true;
        self.revision = 0;
        self.recent = None;
    }

    /// Takes a page of the list that begins at `offset`. `is_other` says that it is the response to
    /// another search or order than the rows.
    pub fn apply(&mut self, offset: usize, page: ProjectPage, sort: Sort, is_other: bool) {
        let recent = self.recent.take();
        let is_complete = recent.is_some();
        let recent = recent.unwrap_or_default();
        let is_later = |change: &Change| change.revision > page.revision;
        let is_same = page.revision == self.revision || recent.iter().any(is_later);
        let end = offset + page.projects.len();
        let touches = offset <= self.start + self.rows.len() && end >= self.start;
        let (count, revision) = (page.count, page.revision);
        let next = self.page_rows(offset, page.projects);
        if is_same && touches && !is_other && !self.is_stale {
            self.merge(offset, next);
        } else {
            self.kept.append(&mut self.rows);
            (self.start, self.rows) = (offset, next);
        }
        self.count = count;
        self.revision = revision;
        self.is_stale = !is_complete;
        for change in recent {
            self.patch(&change, sort);
        }
    }

    /// Takes a change of the list; returns whether the order may be another one now.
    pub fn patch(&mut self, change: &Change, sort: Sort) -> bool {
        if change.revision <= self.revision {
            return false;
        }
        match &mut self.recent {
            Some(recent) if recent.len() < MAX_CHANGES => recent.push(change.clone()),
            _ => self.recent = None,
        }
        for project in &change.changed {
            if let Some(row) = self.find(&project.name) {
                row.show(project.clone());
            }
        }
        let names = change.added.len() + change.removed.len();
        let reorders = names > 0 || (sort == Sort::Modified && !change.changed.is_empty());
        if reorders {
            self.is_stale = true;
        } else if !self.is_stale {
            self.revision = change.revision;
        }
        reorders
    }

    /// Shows a project under its new name in the same row.
    pub fn rename(&mut self, old: &str, name: &str) {
        if self.find(name).is_some() {
            return;
        }
        for row in self.rows.iter_mut().chain(&mut self.kept) {
            if row.key == old
                && let Some(project) = &row.project
            {
                let project = project.get_untracked();
                let folder = project.path.strip_suffix(old).unwrap_or_default();
                let project = ProjectSummary {
                    name: name.to_owned(),
                    path: format!("{folder}{name}"),
                    ..project
                };
                *row = Row::new(row.index, project);
            }
        }
    }

    /// Index of a project.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        let at = self.rows.iter().position(|row| row.key == name)?;
        Some(self.start + at)
    }

    /// Row at an index, if it is loaded.
    pub fn at(&self, index: usize) -> Option<&Row> {
        self.rows.get(index.checked_sub(self.start)?)
    }

    /// Whether rows in view have to be loaded.
    pub fn lacks(&self, view: &Range<usize>) -> bool {
        let end = view.end.min(self.count);
        let has_all = self.start <= view.start && end <= self.start + self.rows.len();
        self.is_stale || (view.start < end && !has_all)
    }

    /// Rows to request for a view.
    pub fn wanted(&self, view: &Range<usize>) -> Range<usize> {
        let (mut start, mut end) = (view.start, view.end.max(view.start + 1));
        let loaded = self.start..self.start + self.rows.len();
        if !self.is_stale && self.lacks(view) {
            if loaded.contains(&start) {
                start = loaded.end;
            } else if loaded.contains(&(end - 1)) {
                end = loaded.start;
            }
        }
        start / PAGE * PAGE..end.next_multiple_of(PAGE)
    }

    /// Rows in view, and among them, wherever they are, that of the project that is being renamed and
    /// the one with the focus, unless that is known to be gone. Other rows far from the view are
    /// dropped.
    pub fn rows(
        &mut self,
        view: &Range<usize>,
        renaming: Option<&str>,
        focused: Option<&str>,
    ) -> Vec<Row> {
        self.trim(view);
        let row = |index| match self.at(index) {
            Some(row) => row.clone(),
            None => Row::placeholder(index),
        };
        let mut next: Vec<Row> = (view.start..view.end.min(self.count)).map(row).collect();
        let mut kept = Vec::new();
        for name in [renaming, focused].into_iter().flatten() {
            let Some(row) = self.find(name).cloned() else {
                continue;
            };
            // Another project is in the place of one that is gone, or there is no such place.
            let is_gone = match self.at(row.index) {
                Some(other) => other.key != name,
                None => self.start == 0 && self.rows.len() >= self.count,
            };
            if rows::find(&next, name).is_none() && (!is_gone || renaming == Some(name)) {
                next.insert(
                    next.partition_point(|other| other.index <= row.index),
                    row.clone(),
                );
            }
            kept.push(row);
        }
        self.kept = kept;
        next
    }

    fn find(&self, name: &str) -> Option<&Row> {
        rows::find(&self.rows, name).or_else(|| rows::find(&self.kept, name))
    }

    fn trim(&mut self, view: &Range<usize>) {
        if self.rows.len() <= MAX_ROWS {
            return;
        }
        let end = self.start + self.rows.len();
        let first = view
            .start
            .saturating_sub(KEPT_AROUND)
            .clamp(self.start, end);
        let last = (view.end + KEPT_AROUND).clamp(first, end);
        self.kept.extend(self.rows.drain(last - self.start..));
        self.kept.extend(self.rows.drain(..first - self.start));
        self.start = first;
    }

    /// Rows for a page. Existing rows are reused, so that their elements stay.
    fn page_rows(&self, offset: usize, projects: Vec<ProjectSummary>) -> Vec<Row> {
        let row = |(at, project): (usize, ProjectSummary)| {
            let index = offset + at;
            // Most rows keep their index, so that few need a search.
            let here = self.at(index).filter(|row| row.key == project.name);
            match here.or_else(|| self.find(&project.name)) {
                Some(row) => {
                    row.show(project);
                    Row {
                        index,
                        ..row.clone()
                    }
                }
                None => Row::new(index, project),
            }
        };
        projects.into_iter().enumerate().map(row).collect()
    }

    fn merge(&mut self, offset: usize, page: Vec<Row>) {
        let end = offset + page.len();
        let mut rows = std::mem::take(&mut self.rows);
        let after = rows.split_off(end.saturating_sub(self.start).min(rows.len()));
        rows.truncate(offset.saturating_sub(self.start));
        rows.extend(page);
        rows.extend(after);
        (self.start, self.rows) = (self.start.min(offset), rows);
    }
}

#[cfg(test)]
mod tests;
