//! The list of projects. Nothing in it is believed without looking at the disk: what is kept are
//! the walks through projects of which no folder has changed since.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use podslate_shared::Error;
use podslate_shared::api::{ListQuery, ProjectPage, ProjectSummary, Sort, Success, Warning};

use super::look::Found;
use super::project::{self, Config};
use super::walk::Walk;
use crate::time;

/// Maximum number of projects a list walks through only because their files may have changed in
/// place.
const MOST_OLD: usize = 64;
/// Maximum number of answers kept for those who ask the same at the same moment.
const MOST_ANSWERS: usize = 8;
/// Maximum number of projects that are gone and still known.
const MOST_GONE: usize = 1_000;

/// What is known of the projects of a workspace.
#[derive(Debug, Default)]
pub struct Cache {
    known: HashMap<String, Known>,
    /// The last answers, the newest at the end.
    answers: VecDeque<Answer>,
}

/// What is known of a project.
#[derive(Debug, Default)]
struct Known {
    config: Option<Config>,
    walk: Option<Walk>,
}

/// An answer, what it answered, and from which look.
#[derive(Debug)]
struct Answer {
    number: u64,
    query: ListQuery,
    page: Arc<ProjectPage>,
}

impl Cache {
    /// An answer to `query` from a look after the one of number `ticket`, if there is one.
    pub fn shared(&self, query: &ListQuery, ticket: u64) -> Option<Arc<ProjectPage>> {
        let is_fitting = |answer: &&Answer| answer.number > ticket && answer.query == *query;
        let answer = self.answers.iter().find(is_fitting)?;
        Some(Arc::clone(&answer.page))
    }

    /// The projects that a query asks for, of `all` that the look of this number found.
    pub fn page(
        &mut self,
        root: &Path,
        all: &[Found],
        query: &ListQuery,
        number: u64,
    ) -> Result<Arc<ProjectPage>, Error> {
        if self.known.len() > all.len() + MOST_GONE {
            self.forget_all_but(all);
        }
        let q = query.q.as_deref().unwrap_or_default().to_lowercase();
        let found = all.iter().filter(|project| project.lower.contains(&q));
        let mut budget = MOST_OLD;
        let found = self.ordered(root, found.collect(), query.sort, &mut budget);
        let count = found.len();
        let start = start(&found, query)?;
        let limit = query.limit.unwrap_or(usize::MAX);
        let shown = &found[start..start.saturating_add(limit).min(count)];
        let is_last = start + shown.len() == count;
        let page = Arc::new(ProjectPage {
            status: Success::Success,
            projects: shown
                .iter()
                .map(|project| self.summary(root, project, &mut budget))
                .collect(),
            count,
            next: shown
                .last()
                .filter(|_| !is_last)
                .map(|project| project.name.clone()),
        });
        self.keep(Answer {
            number,
            query: query.clone(),
            page: Arc::clone(&page),
        });
        Ok(page)
    }

    /// Keeps an answer in the place of older ones to the same query.
    fn keep(&mut self, new: Answer) {
        let is_other = |old: &Answer| old.query != new.query || old.number > new.number;
        self.answers.retain(is_other);
        if self.answers.len() >= MOST_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(new);
    }

    fn forget_all_but(&mut self, found: &[Found]) {
        let names: HashSet<&str> = found.iter().map(|project| project.name.as_str()).collect();
        self.known.retain(|name, _| names.contains(name.as_str()));
    }

    fn ordered<'a>(
        &mut self,
        root: &Path,
        found: Vec<&'a Found>,
        sort: Sort,
        budget: &mut usize,
    ) -> Vec<&'a Found> {
        let mut time = |project: &Found| match sort {
            Sort::Name => None,
            Sort::Created => created(&root.join(&project.name)),
            Sort::Modified => self.walk(root, &project.name, budget).modified,
        };
        let mut timed: Vec<_> = found
            .into_iter()
            .map(|project| (Reverse(time(project)), project))
            .collect();
        // Stable, so that equal times keep the order of the names.
        timed.sort_by_key(|(time, _)| *time);
        timed.into_iter().map(|(_, project)| project).collect()
    }

    fn summary(&mut self, root: &Path, found: &Found, budget: &mut usize) -> ProjectSummary {
        let folder = root.join(&found.name);
        let walk = self.walk(root, &found.name, budget);
        let (stages, modified) = (walk.stages.clone(), walk.modified);
        let known = self.known.entry(found.name.clone()).or_default();
        let config = Config::of(&folder, known.config);
        known.config = Some(config);
        let twin = found.has_twin.then_some(Warning::CaseConflict);
        let warnings = [project::name_warning(&found.name), twin, config.warning];
        ProjectSummary {
            name: found.name.clone(),
            path: folder.display().to_string(),
            has_config: config.stamp.is_some(),
            created: created(&folder).and_then(time::rfc3339),
            modified: modified.and_then(time::rfc3339),
            stages,
            warnings: warnings.into_iter().flatten().collect(),
        }
    }

    fn walk(&mut self, root: &Path, name: &str, budget: &mut usize) -> &Walk {
        let known = self.known.entry(name.to_owned()).or_default();
        let kept = known.walk.take().filter(|walk| {
            if walk.is_old() && *budget > 0 {
                *budget -= 1;
                return false;
            }
            walk.is_current()
        });
        known
            .walk
            .insert(kept.unwrap_or_else(|| Walk::through(&root.join(name))))
    }
}

/// Where the page begins.
fn start(found: &[&Found], query: &ListQuery) -> Result<usize, Error> {
    let Some(after) = &query.after else {
        return Ok(0);
    };
    if query.sort == Sort::Name {
        let after = (after.to_lowercase(), after);
        return Ok(
            found.partition_point(|project| (&project.lower, &project.name) <= (&after.0, after.1))
        );
    }
    match found.iter().position(|project| project.name == *after) {
        Some(index) => Ok(index + 1),
        None => Err(Error::ProjectNotFound {
            name: after.clone(),
        }),
    }
}

fn created(folder: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(folder).ok()?.created().ok()
}
