//! Answers to those who ask for the list.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use podslate_shared::Error;
use podslate_shared::api::{
    ListQuery, ListState, ProjectPage, ProjectSummary, Sort, StageState, Success, Warning,
};
use podslate_shared::latin::Words;
use podslate_shared::layout::STAGES;
use serde::{Serialize, Serializer};

use super::index::{Entry, Key, Moment, Project, Start, State};
use super::project::{ConfigState, name_warning};
use crate::time;

/// Age above which the list says when it was compared with the disk.
const NAMES_AGE: Duration = Duration::from_secs(2);
const CONTENTS_AGE: Duration = Duration::from_secs(60);
/// Maximum number of answers that are kept, the size of one, and its age, because what it says of
/// ages changes with time.
const MAX_ANSWERS: usize = 8;
const MAX_SIZE: usize = 2 << 20;
const MAX_AGE: Duration = Duration::from_secs(1);

/// An answer in the form that is sent.
#[derive(Clone, Debug)]
pub struct Answer {
    /// JSON of a [`ProjectPage`].
    pub body: bytes::Bytes,
    /// Differs from that of every other body.
    pub etag: String,
}

/// What the list says of one project, to be written without holding up the index.
#[derive(Debug)]
pub struct Row {
    name: Key,
    project: Project,
    checked: Option<Moment>,
    has_case_conflict: bool,
}

/// The part of the list that a query asks for.
pub type Selection = ProjectPage<Vec<Row>>;

/// Rows that become summaries one by one, because all at once would take much memory.
struct Rows<'r>(&'r [Row], &'r Path);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| row.summary(self.1)))
    }
}

impl Row {
    pub fn new(state: &State, key: &Key, entry: &Entry, project: &Project) -> Self {
        Self {
            name: key.clone(),
            project: project.clone(),
            checked: entry.checked,
            has_case_conflict: state.entries.has_case_conflict(key),
        }
    }

    pub fn name(&self) -> &str {
        self.name.name()
    }

    /// The row in the form of the API.
    pub fn summary(&self, root: &Path) -> ProjectSummary {
        let Project {
            created,
            modified,
            has_config,
            is_mounted,
            contents,
        } = &self.project;
        let contents = contents.as_deref();
        let config = match contents {
            Some(contents) => contents.config_state,
            None => ConfigState {
                warning: (!has_config).then_some(Warning::ConfigMissing),
                ..ConfigState::default()
            },
        };
        let case_conflict = self.has_case_conflict.then_some(Warning::CaseConflict);
        let warnings = [name_warning(self.name()), case_conflict, config.warning];
        let stages = STAGES.iter().enumerate().map(|(index, stage)| StageState {
            name: stage.folder.to_owned(),
            files: contents.map_or(0, |contents| contents.files[index].into()),
            more: contents.is_some_and(|contents| contents.more[index]),
        });
        let checked = self
            .checked
            .filter(|at| at.instant.elapsed() > CONTENTS_AGE);
        ProjectSummary {
            name: self.name().to_owned(),
            path: root.join(self.name()).display().to_string(),
            has_config: *has_config,
            created: created.and_then(time::rfc3339),
            modified: modified.and_then(time::rfc3339),
            stages: stages.collect(),
            warnings: warnings.into_iter().flatten().collect(),
            config_problem: config.problem,
            mounted: *is_mounted,
            state: contents.is_none().then_some(ListState::Counting),
            as_of: checked.and_then(|at| time::rfc3339(at.time)),
        }
    }
}

/// Selects what a query asks for.
///
/// # Errors
/// [`Error::ProjectNotFound`] or [`Error::RequestInvalid`] for `after`.
pub fn select(state: &State, query: &ListQuery) -> Result<Selection, Error> {
    let q = Words::new(query.q.as_deref().unwrap_or_default());
    let limit = query.limit.unwrap_or(usize::MAX);
    let is_match = |key: &Key| q.match_folded(key.folded());
    let all = |sort| state.entries.ordered(sort, &Start::Offset(0));
    let around = query.around.as_deref().and_then(|name| {
        let mut matching = all(query.sort).filter(|(key, ..)| is_match(key));
        matching.position(|(key, ..)| key.name() == name)
    });
    let around = around.map(|place| place.saturating_sub(limit / 2));
    let offset = around.or(query.offset).unwrap_or_default();
    // Only without a search the place of a row is known without looking at those before.
    let (start, skip) = match &query.after {
        Some(after) => (start_after(state, query.sort, after)?, offset),
        None if q.is_empty() => (Start::Offset(offset), 0),
        None => (Start::Offset(0), offset),
    };
    let ordered = state.entries.ordered(query.sort, &start);
    let mut matching = ordered.filter(|(key, ..)| is_match(key)).skip(skip);
    let rows = matching.by_ref().take(limit);
    let rows: Vec<_> = rows
        .map(|(key, entry, project)| Row::new(state, key, entry, project))
        .collect();
    let has_more = matching.next().is_some();
    drop(matching);
    let count = match q.is_empty() {
        true => state.entries.project_count(),
        false => all(Sort::Name).filter(|(key, ..)| is_match(key)).count(),
    };
    let confirmed = state
        .confirmed
        .filter(|at| at.instant.elapsed() > NAMES_AGE);
    let is_counting = !state.is_read || state.entries.unknown_count() > 0;
    Ok(ProjectPage {
        status: Success::Success,
        count,
        revision: state.journal.revision(),
        state: is_counting.then_some(ListState::Counting),
        as_of: confirmed.and_then(|at| time::rfc3339(at.time)),
        offset: around,
        next: rows
            .last()
            .filter(|_| has_more)
            .map(|row| cursor(row, query.sort)),
        projects: rows,
    })
}

/// The place after a row: its name, and in the orders of times its time, because both may change.
fn cursor(row: &Row, sort: Sort) -> String {
    let time = match sort {
        Sort::Name => return row.name().to_owned(),
        Sort::Created => row.project.created,
        Sort::Modified => row.project.modified,
    };
    let time = time.map(|time| nanoseconds(time).to_string());
    format!("{}/{}", time.unwrap_or_default(), row.name())
}

/// Nanoseconds since 1970, also of times that no calendar has.
fn nanoseconds(time: SystemTime) -> i128 {
    let since = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

fn parse_nanoseconds(text: &str) -> Option<SystemTime> {
    const BILLION: u128 = 1_000_000_000;
    let nanoseconds: i128 = text.parse().ok()?;
    let size = nanoseconds.unsigned_abs();
    let seconds = u64::try_from(size / BILLION).ok()?;
    let duration = Duration::new(seconds, u32::try_from(size % BILLION).ok()?);
    match nanoseconds < 0 {
        true => UNIX_EPOCH.checked_sub(duration),
        false => UNIX_EPOCH.checked_add(duration),
    }
}

fn start_after<'q>(state: &State, sort: Sort, after: &'q str) -> Result<Start<'q>, Error> {
    if sort == Sort::Name {
        return Ok(Start::After(None, after));
    }
    // No name contains a slash.
    if let Some((time, name)) = after.split_once('/') {
        let parsed = parse_nanoseconds(time);
        if parsed.is_none() && !time.is_empty() {
            let reason = "`after` is not the `next` of a page".to_owned();
            return Err(Error::RequestInvalid { reason });
        }
        return Ok(Start::After(parsed, name));
    }
    let project = state.entries.project(after);
    let project = project.ok_or_else(|| Error::ProjectNotFound {
        name: after.to_owned(),
    })?;
    let time = match sort {
        Sort::Created => project.created,
        _ => project.modified,
    };
    Ok(Start::After(time, after))
}

/// The answer with a selection.
///
/// # Errors
/// [`Error::Internal`] if it cannot be written as JSON.
pub fn answer(selection: &Selection, root: &Path) -> Result<Answer, Error> {
    let body = serde_json::to_vec(&ProjectPage {
        projects: Rows(&selection.projects, root),
        status: selection.status,
        count: selection.count,
        revision: selection.revision,
        state: selection.state,
        as_of: selection.as_of.clone(),
        offset: selection.offset,
        next: selection.next.clone(),
    });
    let body = body.map_err(|_| Error::Internal)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&body);
    let etag = format!("W/\"{:016x}\"", hasher.finish());
    Ok(Answer {
        body: body.into(),
        etag,
    })
}

/// The last answers, for those who ask the same while nothing changes.
#[derive(Debug, Default)]
pub struct Answers(VecDeque<Kept>);

#[derive(Debug)]
struct Kept {
    query: ListQuery,
    revision: u64,
    made: Instant,
    answer: Answer,
}

impl Answers {
    /// A kept answer to a query that still holds.
    pub fn get(&self, query: &ListQuery, revision: u64) -> Option<Answer> {
        let kept = self.0.iter().find(|kept| {
            kept.query == *query && kept.revision == revision && kept.made.elapsed() < MAX_AGE
        })?;
        Some(kept.answer.clone())
    }

    /// Keeps an answer in the place of older ones to the same query.
    pub fn keep(&mut self, query: &ListQuery, revision: u64, answer: &Answer) {
        self.0.retain(|kept| kept.query != *query);
        if answer.body.len() > MAX_SIZE {
            return;
        }
        if self.0.len() >= MAX_ANSWERS {
            self.0.pop_front();
        }
        self.0.push_back(Kept {
            query: query.clone(),
            revision,
            made: Instant::now(),
            answer: answer.clone(),
        });
    }
}
