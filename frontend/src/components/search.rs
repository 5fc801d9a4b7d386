//! Search field and order of the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use podslate_shared::api::Sort;

use crate::boxed::condition;
use crate::client::sort_word;
use crate::components::icon::{SEARCH, icon};
use crate::store::Store;

const ORDERS: [(Sort, &str); 3] = [
    (Sort::Name, "Name"),
    (Sort::Modified, "Last changed"),
    (Sort::Created, "Newest"),
];

/// The search field and the order.
#[component]
pub fn Search() -> impl IntoView {
    let store = expect_context::<Store>();
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !store.q.read_untracked().is_empty() {
            event.prevent_default();
            store.search(String::new());
        }
    };
    let on_order = move |word: String| {
        if let Some((sort, _)) = ORDERS.iter().find(|(sort, _)| sort_word(*sort) == word) {
            store.sort_by(*sort);
        }
    };
    let orders = ORDERS.map(|(sort, title)| {
        let is_selected = condition(move || store.sort.get() == sort);
        view! { <option value=sort_word(sort) prop:selected=is_selected>{title}</option> }
    });
    view! {
        <search class="toolbar">
            <div class="search">
                {icon(SEARCH)}
                <label class="hidden" for="search">"Search projects"</label>
                <input
                    id="search"
                    data-testid="search"
                    type="search"
                    placeholder="Search"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="search"
                    aria-keyshortcuts="/"
                    prop:value=store.q
                    on:input:target=move |event| store.search(event.target().value())
                    on:keydown=on_key
                />
                <kbd aria-hidden="true">"/"</kbd>
            </div>
            <label class="sort">
                <span>"Sort by"</span>
                <select data-testid="sort" on:change:target=move |event| on_order(event.target().value())>
                    {orders}
                </select>
            </label>
        </search>
    }
}
