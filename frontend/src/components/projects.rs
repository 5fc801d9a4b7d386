//! The list of projects, and what stands there when there is no list.

use leptos::prelude::*;
use podslate_shared::layout::STAGES;

use crate::components::project_row::ProjectRow;
use crate::components::search::Search;
use crate::components::stages::title;
use crate::components::states::{Empty, Failed, NoMatch, Skeleton};
use crate::list::{Row, matches};
use crate::live::{click, live, text, when, word};
use crate::state::{Connection, Store};

/// What stands in the place of the list.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Waiting,
    Failed,
    Empty,
    NoMatch,
    List,
}

/// The projects of the workspace.
#[component]
pub fn Projects(
    /// Whether the workspace has none.
    is_empty: Memo<bool>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let place = Memo::new(move |_| place(store, is_empty.get()));
    let is_list = Memo::new(move |_| matches!(place.get(), Place::NoMatch | Place::List));
    view! {
        <section class="projects" aria-labelledby="projects-title">
            <div class="projects-head" hidden=when(move || place.get() == Place::Empty)>
                <h2 id="projects-title">"Projects"</h2>
                <p class="count" role="status" data-testid="count">{text(move || count(store))}</p>
                {live(move || match is_list.get() {
                    true => view! { <Search/> }.into_any(),
                    false => ().into_any(),
                })}
            </div>
            {live(move || match place.get() {
                Place::Waiting => view! { <Skeleton/> }.into_any(),
                Place::Failed => view! { <Failed/> }.into_any(),
                Place::Empty => view! { <Empty/> }.into_any(),
                Place::NoMatch => view! { <NoMatch/> }.into_any(),
                Place::List => view! { <List/> }.into_any(),
            })}
        </section>
    }
}

#[component]
fn List() -> impl IntoView {
    let store = expect_context::<Store>();
    let is_stale = when(move || *store.connection.read() != Connection::Online);
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
    let is_more = Memo::new(move |_| store.answered.read().as_ref().is_some_and(|a| a.more));
    let is_busy = move || {
        let limit = store
            .answered
            .read()
            .as_ref()
            .and_then(|answered| answered.query.limit);
        limit.is_some_and(|limit| limit < store.limit.get())
    };
    view! {
        <p class="more" hidden=when(move || !is_more.get())>
            <button
                type="button"
                data-testid="show-more"
                aria-disabled=word(is_busy)
                class:is-busy=when(is_busy)
                on:click=click(move || store.more())
            >
                "Show more"
            </button>
        </p>
    }
}

/// The rows that the search finds: the page's own guess until the server's answer is there. A row
/// that is being renamed never goes away under someone's hands.
fn visible(store: Store) -> Vec<Row> {
    if is_current(store) {
        return store.rows.get();
    }
    let q = store.q.get();
    let renaming = store.renaming.get_untracked();
    let mut rows = store.rows.get();
    rows.retain(|row| matches(&row.name, &q) || renaming.as_deref() == Some(row.name.as_str()));
    rows
}

fn is_current(store: Store) -> bool {
    let answered = store.answered.read();
    let answered = answered
        .as_ref()
        .and_then(|answered| answered.query.q.as_deref());
    answered.unwrap_or_default() == *store.q.read()
}

fn place(store: Store, is_empty: bool) -> Place {
    if store.answered.read().is_none() {
        return match *store.connection.read() {
            Connection::Failing(_) => Place::Failed,
            _ => Place::Waiting,
        };
    }
    let is_searching = !store.q.read().is_empty();
    match visible(store).is_empty() {
        true if is_searching => Place::NoMatch,
        true if is_empty => Place::Empty,
        _ => Place::List,
    }
}

fn count(store: Store) -> String {
    let answered = store.answered.read();
    let Some(answered) = answered.as_ref() else {
        return String::new();
    };
    let count = match is_current(store) {
        true => answered.count,
        false => visible(store).len(),
    };
    match store.q.read().is_empty() {
        true => count.to_string(),
        false => format!("{count} found"),
    }
}
