//! Elements of the rows in view. Leptos's own keyed list would move most elements whenever rows are
//! added before them, and an element that is moved loses the focus.

use leptos::html;
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Render};
use web_sys::HtmlElement;
use web_sys::wasm_bindgen::JsCast;

use crate::boxed::text;
use crate::components::project_row::project_row;
use crate::dom;
use crate::rows::Row;
use crate::store::Store;
use crate::viewport::LIST;

/// Row on the page.
struct Drawn {
    key: String,
    state: AnyViewState,
    owner: Owner,
}

/// The rows around the view, at their places in a list of full height.
#[component]
pub fn RowList() -> impl IntoView {
    let list = expect_context::<Store>().list;
    let element = NodeRef::<html::Ul>::new();
    let owner = Owner::new();
    let mut drawn = Vec::new();
    Effect::new(move |_| {
        let rows = list.rows.read();
        if let Some(element) = element.get() {
            untrack(|| draw(&mut drawn, &rows, &element, &owner));
        }
    });
    // A row that is being renamed may be behind the end of the list.
    let count = text(move || {
        let last = list.rows.read().last().map(|row| row.index.get() + 1);
        let count = list.info.read().as_ref().map_or(0, |info| info.count);
        count.max(last.unwrap_or_default()).to_string()
    });
    view! {
        <ul class="rows" id=LIST role="list" node_ref=element style=("--count", count)></ul>
    }
}

/// Draws rows in their order; elements of rows that stay are neither made again nor moved.
fn draw(drawn: &mut Vec<Drawn>, rows: &[Row], list: &HtmlElement, owner: &Owner) {
    let focused = document().active_element();
    let (stay, gone) = std::mem::take(drawn)
        .into_iter()
        .partition::<Vec<_>, _>(|drawn| rows.iter().any(|row| row.key == drawn.key));
    for mut gone in gone {
        gone.state.unmount();
        gone.owner.cleanup();
    }
    *drawn = stay;
    for (at, row) in rows.iter().enumerate() {
        if drawn.get(at).is_some_and(|drawn| drawn.key == row.key) {
            continue;
        }
        let later = drawn.iter().position(|drawn| drawn.key == row.key);
        let mut next = match later {
            Some(later) => drawn.remove(later),
            None => build(row, owner),
        };
        match drawn.get(at) {
            Some(after) => _ = after.state.insert_before_this(&mut next.state),
            None => next.state.mount(list, None),
        }
        drawn.insert(at, next);
    }
    if let Some(focused) =
        focused.filter(|focused| dom::is_nothing_focused() && focused.is_connected())
        && let Ok(focused) = focused.dyn_into::<HtmlElement>()
    {
        dom::focus_in_place(&focused);
    }
}

fn build(row: &Row, parent: &Owner) -> Drawn {
    let owner = parent.with(Owner::new);
    Drawn {
        key: row.key.clone(),
        state: owner.with(|| project_row(row.clone()).build()),
        owner,
    }
}
