//! Elements of the rows in view. Leptos's own keyed list would move most elements whenever rows are
//! added before them, and an element that is moved loses the focus.

use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Render};
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;

use crate::boxed::effect;
use crate::components::project_row::project_row;
use crate::dom;
use crate::rows::Row;
use crate::store::Store;
use crate::viewport::LIST;

/// Row on the page.
struct Drawn {
    key: String,
    state: AnyViewState,
    element: Option<HtmlElement>,
    owner: Owner,
}

/// The rows around the view, at their places in a list of full height.
#[component]
pub fn RowList() -> impl IntoView {
    let list = expect_context::<Store>().list;
    let owner = Owner::new();
    let mut drawn = Vec::new();
    effect(move || {
        let rows = list.rows.read();
        let count = list.info.read().as_ref().map_or(0, |info| info.count);
        // Effects run after the view is in the page.
        let element = document().get_element_by_id(LIST);
        if let Some(element) = element.and_then(|element| element.dyn_into().ok()) {
            untrack(|| draw(&mut drawn, &rows, &element, &owner));
            place(&drawn, &rows, count, &element);
        }
    });
    view! { <ul class="rows" id=LIST role="list"></ul> }
}

/// Draws rows in their order; elements of rows that stay are neither made again nor moved.
fn draw(drawn: &mut Vec<Drawn>, rows: &[Row], list: &HtmlElement, owner: &Owner) {
    let focused = document().active_element();
    drawn.retain_mut(|drawn| {
        let stays = rows.iter().any(|row| row.key == drawn.key);
        if !stays {
            drawn.state.unmount();
            drawn.owner.cleanup();
        }
        stays
    });
    for (at, row) in rows.iter().enumerate() {
        if drawn.get(at).is_some_and(|drawn| drawn.key == row.key) {
            continue;
        }
        let mut next = match drawn.iter().position(|drawn| drawn.key == row.key) {
            Some(later) => drawn.remove(later),
            None => build(row, owner),
        };
        let after = drawn.get(at).and_then(|after| after.element.as_ref());
        next.state.mount(list, after.map(AsRef::as_ref));
        drawn.insert(at, next);
    }
    if let Some(focused) =
        focused.filter(|element| dom::is_nothing_focused() && element.is_connected())
    {
        dom::focus_in_place(&focused);
    }
}

fn build(row: &Row, parent: &Owner) -> Drawn {
    let owner = parent.with(Owner::new);
    let state = owner.with(|| project_row(row.clone()).build());
    let element = state.elements().pop();
    Drawn {
        key: row.key.clone(),
        state,
        element: element.and_then(|element| element.dyn_into().ok()),
        owner,
    }
}

/// Puts rows where they belong. The style sheet has their height.
fn place(drawn: &[Drawn], rows: &[Row], count: usize, list: &HtmlElement) {
    let set = |element: &HtmlElement, name: &str, value: usize| {
        // Cannot fail: the names are valid.
        let _ = match name.starts_with("--") {
            true => element.style().set_property(name, &value.to_string()),
            false => element.set_attribute(name, &value.to_string()),
        };
    };
    for (drawn, row) in drawn.iter().zip(rows) {
        if let Some(element) = &drawn.element {
            set(element, "--index", row.index);
            set(element, "aria-posinset", row.index + 1);
            set(element, "aria-setsize", count);
        }
    }
    // A row that is being renamed may be behind the end of the list.
    let last = rows.last().map_or(0, |row| row.index + 1);
    set(list, "--count", count.max(last));
}
