//! List of projects, or the view that takes its place.

use leptos::prelude::*;
use podslate_shared::layout::STAGES;

use crate::boxed::{boxed_view, condition, memo, optional_view, text};
use crate::components::icon::{WARNING, icon};
use crate::components::row_list::RowList;
use crate::components::search::Search;
use crate::components::stages::{grouped, title};
use crate::components::states::{Empty, Failed, NoMatch, Skeleton};
use crate::store::{Connection, Store};
use crate::time;

/// View in the place of the list.
#[derive(Clone, Copy, PartialEq)]
enum ViewState {
    Waiting,
    Failed,
    Empty,
    NoMatch,
    List,
}

/// Projects of the workspace.
#[component]
pub fn Projects(is_empty: Memo<bool>) -> impl IntoView {
    let store = expect_context::<Store>();
    let state = Memo::new(move |_| view_state(store, is_empty.get()));
    let is_list = memo(move || matches!(state.get(), ViewState::NoMatch | ViewState::List));
    view! {
        <section class="projects" aria-labelledby="projects-title">
            <div class="projects-head" hidden=condition(move || state.get() == ViewState::Empty)>
                <h2 id="projects-title">"Projects"</h2>
                <p class="count" role="status" data-testid="count">{text(move || count(store))}</p>
                {optional_view(move || is_list.get().then(|| view! { <Search/> }.into_any()))}
            </div>
            <div role="status">{optional_view(move || outdated(store))}</div>
            {boxed_view(move || match state.get() {
                ViewState::Waiting => view! { <Skeleton/> }.into_any(),
                ViewState::Failed => view! { <Failed/> }.into_any(),
                ViewState::Empty => view! { <Empty/> }.into_any(),
                ViewState::NoMatch => view! { <NoMatch/> }.into_any(),
                ViewState::List => view! { <List/> }.into_any(),
            })}
        </section>
    }
}

#[component]
fn List() -> impl IntoView {
    let store = expect_context::<Store>();
    let is_stale = condition(move || *store.connection.read() != Connection::Online);
    let titles = STAGES.map(|stage| view! { <span>{title(stage.folder)}</span> });
    view! {
        <div class="list" class:is-stale=is_stale>
            <div class="captions" aria-hidden="true">
                <span>"Name"</span>
                <span class="captions-stages">{titles}</span>
                <span>"Changed"</span>
                <span>"Created"</span>
            </div>
            <RowList/>
        </div>
    }
}

fn view_state(store: Store, is_empty: bool) -> ViewState {
    let info = store.list.info.read();
    let Some(info) = info.as_ref() else {
        return match *store.connection.read() {
            Connection::Failing(_) => ViewState::Failed,
            _ => ViewState::Waiting,
        };
    };
    match info.count == 0 && store.list.rows.read().is_empty() {
        true if info.is_counting => ViewState::Waiting,
        true if info.q.is_some() => ViewState::NoMatch,
        true if is_empty => ViewState::Empty,
        _ => ViewState::List,
    }
}

fn count(store: Store) -> String {
    let info = store.list.info.read();
    let Some(info) = info.as_ref() else {
        return String::new();
    };
    let count = grouped(info.count as u64);
    match (info.q.is_some(), info.is_counting) {
        (false, false) => count,
        (true, false) => format!("{count} found"),
        (false, true) => format!("{count} so far…"),
        (true, true) => format!("{count} found so far…"),
    }
}

/// Line above a list that could not be compared with the disk.
fn outdated(store: Store) -> Option<AnyView> {
    let info = store.list.info.read();
    let time = time::parse(info.as_ref()?.as_of.as_deref()?)?;
    let time = time::short(time);
    let view = view! {
        <p class="outdated" data-testid="outdated">
            {icon(WARNING)}
            <span>"The workspace has not answered yet; this is the list of " {time} "."</span>
        </p>
    };
    Some(view.into_any())
}
