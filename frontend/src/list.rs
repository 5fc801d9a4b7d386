//! The list on the page: the rows around the view, and the project to scroll to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use leptos::prelude::*;
use podslate_shared::api::{Change, ListQuery, ListState, Move, ProjectPage, Sort};
use web_sys::ResizeObserver;
use web_sys::wasm_bindgen::JsCast;
use web_sys::wasm_bindgen::closure::Closure;

use crate::cache::Cache;
use crate::dom;
use crate::rows::{Row, is_same};
use crate::viewport::{Geometry, scroll_by};

/// Rows to draw as long as there are none to measure.
const FIRST_VIEW: Range<usize> = 0..24;

/// Description of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListInfo {
    pub q: Option<String>,
    pub sort: Sort,
    /// Number of projects that match the search.
    pub count: usize,
    /// Whether the server has not looked at all folders yet.
    pub is_counting: bool,
    /// Time of the list, if the workspace has not responded since.
    pub as_of: Option<String>,
}

/// Rows on the page.
#[derive(Clone, Copy, Default)]
pub struct List {
    /// Description of the list; `None` before the first response.
    pub info: RwSignal<Option<ListInfo>>,
    /// Rows around the view, by index, and those that a person works in.
    pub rows: RwSignal<Vec<Row>>,
    /// Name of the project that is being renamed.
    pub renaming: RwSignal<Option<String>>,
    /// Names that were typed and not saved, by the project that they are for.
    pub drafts: RwSignal<BTreeMap<String, String>>,
    /// Old and new name of the project being renamed, if somebody else has renamed it meanwhile.
    pub moved: RwSignal<Option<(String, String)>>,
    /// Name of the project that disappeared while it was being renamed.
    pub gone: RwSignal<Option<String>>,
    /// Name of the project whose new name has been sent.
    pub sent: RwSignal<Option<String>>,
}

thread_local! {
    static INNER: RefCell<Inner> = RefCell::default();
}

struct Inner {
    cache: Cache,
    view: Range<usize>,
    target: Option<Target>,
}

/// Project to scroll to.
#[derive(Clone)]
struct Target {
    name: String,
    /// Whether its row takes the focus.
    focus: bool,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            cache: Cache::default(),
            view: FIRST_VIEW,
            target: None,
        }
    }
}

impl List {
    /// Follows the view; `load` is called when it has rows that are not loaded.
    pub fn follow_view(self, load: impl Fn() + Clone + 'static) {
        let look = move || {
            if self.look() {
                load();
            }
        };
        for event in ["scroll", "resize"] {
            let look = look.clone();
            window_event_listener_untyped(event, move |_| look());
        }
        // Whatever moves the list changes the height of the page.
        let closure = Closure::<dyn FnMut()>::new(look).into_js_value();
        if let Ok(observer) = ResizeObserver::new(closure.unchecked_ref())
            && let Some(page) = document().get_element_by_id("app")
        {
            observer.observe(&page);
        }
    }

    /// Description of the rows to request.
    pub fn query(self, q: &str, sort: Sort) -> ListQuery {
        let q = Some(q.to_owned()).filter(|q| !q.is_empty());
        let wanted = INNER.with_borrow_mut(|inner| inner.cache.wanted(&inner.view));
        let wanted = match self.is_of(&q, sort) {
            true => wanted,
            false => INNER.with_borrow_mut(|inner| Cache::default().wanted(&inner.view)),
        };
        let target = |inner: &mut Inner| inner.target.as_ref().map(|target| target.name.clone());
        ListQuery {
            q,
            sort,
            limit: Some(wanted.len()),
            offset: Some(wanted.start),
            after: None,
            around: INNER.with_borrow_mut(target),
        }
    }

    /// Prepares for the response to a request that is being sent.
    pub fn begin(self) {
        INNER.with_borrow_mut(|inner| inner.cache.begin());
    }

    /// Shows the response to a query; returns whether the list has changed since the one before.
    pub fn apply(self, query: ListQuery, page: ProjectPage) -> bool {
        let revision = INNER.with_borrow_mut(|inner| inner.cache.revision);
        let is_changed = page.revision != revision;
        let is_other = !self.is_of(&query.q, query.sort);
        let info = ListInfo {
            q: query.q,
            sort: query.sort,
            count: page.count,
            is_counting: page.state == Some(ListState::Counting),
            as_of: page.as_of.clone(),
        };
        let offset = page.offset.or(query.offset).unwrap_or_default();
        let geometry = Geometry::measure();
        let shift = INNER.with_borrow_mut(|inner| {
            let Inner { cache, view, .. } = inner;
            // The first row that is fully in view stays where it is, unless that is the first one.
            let above = geometry.filter(|geometry| geometry.top < 0.0 && !is_other);
            let anchor = above.map(|geometry| geometry.first_visible() + 1);
            let name = anchor.and_then(|index| Some(cache.at(index)?.key.clone()));
            cache.apply(offset, page, query.sort, is_other);
            *view = geometry.map_or(FIRST_VIEW, |geometry| geometry.rows(info.count));
            let index = name.and_then(|name| cache.index_of(&name));
            let shift = |(old, new): (usize, usize)| new as f64 - old as f64;
            anchor.zip(index).map_or(0.0, shift)
        });
        if self.info.read_untracked().as_ref() != Some(&info) {
            self.info.set(Some(info));
        }
        self.place();
        self.scroll(shift);
        is_changed
    }

    /// Shows a change; returns whether the rows in view have to be requested again.
    pub fn patch(self, change: &Change, sort: Sort) -> bool {
        let patch = |inner: &mut Inner| inner.cache.patch(change, sort);
        INNER.with_borrow_mut(patch)
    }

    /// Makes what is shown outdated.
    pub fn reset(self) {
        INNER.with_borrow_mut(|inner| inner.cache.reset());
    }

    /// Removes all rows.
    pub fn clear(self) {
        INNER.take();
        self.info.set(None);
        self.rows.set(Vec::new());
    }

    /// Shows a project under its new name in the same row.
    pub fn rename(self, old: &str, name: &str) {
        self.close_form(old);
        INNER.with_borrow_mut(|inner| inner.cache.rename(old, name));
        self.place();
    }

    /// Closes the form in a project's row, and gives up what was typed.
    pub fn close_form(self, name: &str) {
        self.sent.set(None);
        self.moved.set(None);
        self.drafts.update(|drafts| {
            drafts.remove(name);
        });
        if self.is_renaming(name) {
            self.renaming.set(None);
            self.place();
        }
    }

    /// Keeps what is typed in the form of a project.
    pub fn keep_draft(self, project: String, text: String) {
        let is_kept = self.drafts.read_untracked().get(&project) == Some(&text);
        if !is_kept && text != project {
            self.drafts.update(|drafts| {
                drafts.insert(project, text);
            });
        }
    }

    /// Keeps the form open in the row of a project that somebody else has renamed.
    pub fn follow(self, change: &Change) {
        for Move { old_name, new_name } in &change.renamed {
            if !self.is_renaming(old_name) || self.is_sent(old_name) {
                continue;
            }
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.remove(old_name) {
                    drafts.insert(new_name.clone(), draft);
                }
            });
            self.moved.set(Some((old_name.clone(), new_name.clone())));
            INNER.with_borrow_mut(|inner| inner.cache.rename(old_name, new_name));
            self.renaming.set(Some(new_name.clone()));
            self.place();
        }
    }

    /// Name of the project being renamed, if it is one of those that have disappeared.
    pub fn lost(self, change: &Change) -> Option<String> {
        let name = self.renaming.get_untracked()?;
        let is_lost = change.removed.contains(&name) && !self.is_sent(&name);
        is_lost.then_some(name)
    }

    /// Closes the form of a project that does not exist any more, and has that said.
    pub fn lose(self, name: String) {
        if self.is_renaming(&name) {
            self.close_form(&name);
            self.gone.set(Some(name));
        }
    }

    fn is_renaming(self, name: &str) -> bool {
        self.renaming.read_untracked().as_deref() == Some(name)
    }

    fn is_sent(self, name: &str) -> bool {
        self.sent.read_untracked().as_deref() == Some(name)
    }

    /// Scrolls to a project, once its row is loaded, and focuses it on request. Without a name, no
    /// longer does.
    pub fn aim(self, name: Option<String>, focus: bool) {
        let target = name.map(|name| Target { name, focus });
        INNER.with_borrow_mut(|inner| inner.target = target);
    }

    /// Scrolls up to the first row.
    pub fn show_first(self) {
        dom::show_title();
        self.look();
    }

    /// Whether rows in view have to be loaded.
    pub fn lacks_rows(self) -> bool {
        INNER.with_borrow_mut(|inner| inner.cache.lacks(&inner.view))
    }

    fn is_of(self, q: &Option<String>, sort: Sort) -> bool {
        let info = self.info.read_untracked();
        info.as_ref()
            .is_some_and(|info| info.q == *q && info.sort == sort)
    }

    /// Draws the rows that are in view now; returns whether some of them have to be loaded.
    fn look(self) -> bool {
        let Some(geometry) = Geometry::measure() else {
            return false;
        };
        let is_new = INNER.with_borrow_mut(|inner| {
            let view = geometry.rows(inner.cache.count);
            let is_new = view != inner.view;
            inner.view = view;
            is_new
        });
        if is_new {
            self.place();
        }
        self.lacks_rows()
    }

    fn place(self) {
        let renaming = self.renaming.get_untracked();
        let focused = dom::focused_row();
        let rows = INNER.with_borrow_mut(|Inner { cache, view, .. }| {
            cache.rows(view, renaming.as_deref(), focused.as_deref())
        });
        if !is_same(&rows, &self.rows.read_untracked()) {
            self.rows.set(rows);
        }
    }

    /// Scrolls by `shift` rows, or to the project that is aimed at, when the rows are drawn.
    fn scroll(self, shift: f64) {
        let found = INNER.with_borrow_mut(|inner| {
            let index = inner.cache.index_of(&inner.target.as_ref()?.name)?;
            inner.target.take().zip(Some(index))
        });
        if shift == 0.0 && found.is_none() {
            return;
        }
        request_animation_frame(move || {
            let Some(geometry) = Geometry::measure() else {
                return;
            };
            match found {
                Some((_, index)) => scroll_by(geometry.distance_to(index)),
                None => scroll_by(shift * geometry.row),
            }
            self.look();
            if let Some((Target { name, focus: true }, _)) = found {
                dom::show_row(name, true);
            }
        });
    }
}
