//! List of projects, or the view that takes its place.

use leptos::prelude::*;
use podslate_shared::layout::STAGES;

use crate::boxed::{aria_bool, boxed_view, click, condition, optional_view, text};
use crate::components::project_row::ProjectRow;
use crate::components::search::Search;
use crate::components::stages::title;
use crate::components::states::{Empty, Failed, NoMatch, Skeleton};
use crate::rows::{Row, matches};
use crate::store::{Connection, Store};

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
    let is_list = Memo::new(move |_| matches!(state.get(), ViewState::NoMatch | ViewState::List));
    view! {
        <section class="projects" aria-labelledby="projects-title">
            <div class="projects-head" hidden=condition(move || state.get() == ViewState::Empty)>
                <h2 id="projects-title">"Projects"</h2>
                <p class="count" role="status" data-testid="count">{text(move || count(store))}</p>
                {optional_view(move || is_list.get().then(|| view! { <Search/> }.into_any()))}
            </div>
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
            <ul class="rows">
                <For each=move || visible(store) key=|row| row.name.clone() let(row)>
                    <ProjectRow row/>
                </For>
            </ul>
            <More/>
        </div>
    }
}

#[component]
fn More() -> impl IntoView {
    let store = expect_context::<Store>();
    let has_more = Memo::new(move |_| store.list.read().as_ref().is_some_and(|list| list.has_more));
    let is_busy = move || {
        let list = store.list.read();
        let limit = list.as_ref().and_then(|list| list.query.limit);
        limit.is_some_and(|limit| limit < store.limit.get())
    };
    view! {
        <p class="more" hidden=condition(move || !has_more.get())>
            <button
                type="button"
                data-testid="show-more"
                aria-disabled=aria_bool(is_busy)
                class:is-busy=condition(is_busy)
                on:click=click(move || store.show_more())
            >
                "Show more"
            </button>
        </p>
    }
}

/// Rows that match the search, as the page sees it until the server has responded. A row that is
/// being renamed stays.
fn visible(store: Store) -> Vec<Row> {
    let mut rows = store.rows.get();
    if !is_current(store) {
        let q = store.q.get();
        let renaming = store.renaming.get_untracked();
        rows.retain(|row| matches(&row.name, &q) || renaming.as_ref() == Some(&row.name));
    }
    rows
}

/// Whether the list is the server's response to the current search.
fn is_current(store: Store) -> bool {
    let list = store.list.read();
    let q = list.as_ref().and_then(|list| list.query.q.as_deref());
    q.unwrap_or_default() == *store.q.read()
}

fn view_state(store: Store, is_empty: bool) -> ViewState {
    if store.list.read().is_none() {
        return match *store.connection.read() {
            Connection::Failing(_) => ViewState::Failed,
            _ => ViewState::Waiting,
        };
    }
    let is_searching = !store.q.read().is_empty();
    match visible(store).is_empty() {
        true if is_searching => ViewState::NoMatch,
        true if is_empty => ViewState::Empty,
        _ => ViewState::List,
    }
}

fn count(store: Store) -> String {
    let Some(mut count) = store.list.read().as_ref().map(|list| list.count) else {
        return String::new();
    };
    if !is_current(store) {
        count = visible(store).len();
    }
    if store.q.read().is_empty() {
        count.to_string()
    } else {
        format!("{count} found")
    }
}
