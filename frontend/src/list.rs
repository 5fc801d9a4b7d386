//! The list on the page: the rows around the view, and the project to scroll to.

use std::cell::RefCell;
use std::ops::Range;

use leptos::prelude::*;
use podslate_shared::api::{Change, ListQuery, ListState, ProjectPage, Sort};
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
    pub fn rename(self, old: &str, name: &str, path: String) {
        INNER.with_borrow_mut(|inner| inner.cache.rename(old, name, path));
        self.renaming.set(None);
        self.place();
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
