//! Form that renames a project in its row.

use std::pin::Pin;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::boxed::{click, effect, submit};
use crate::client::{self, Saved};
use crate::components::name_form::{NameNote, name_input, submit_button};
use crate::dom;
use crate::name_field::{NameField, NameStatus};
use crate::store::Store;
use crate::toast::Toasts;

const FIELD: &str = "rename-input";

/// The form. Only one is open at a time.
#[component]
pub fn Rename(old: String) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = NameField::new(store, FIELD, Some(old.clone()));
    let label = format!("New name for {old}");
    let old = StoredValue::new(old);
    let on_submit = submit(move || send(store, toasts, name, old.get_value()));
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            close(store, name, old.get_value());
        }
    };
    // Effects run after the view is in the page, so that the field exists.
    effect(move || {
        dom::focus(FIELD, true);
        dom::show_row(old.get_value(), false);
    });
    view! {
        <form class="rename" novalidate autocomplete="off" on:submit=on_submit on:keydown=on_key>
            <label class="hidden" for=FIELD>{label}</label>
            {name_input(name, "rename")}
            {submit_button(name, "rename", ["Rename", "Renaming…"])}
            <button
                type="button"
                data-testid="rename-cancel"
                on:click=click(move || close(store, name, old.get_value()))
            >
                "Cancel"
            </button>
            <NameNote name form="rename" lead="Becomes"/>
        </form>
    }
}

fn close(store: Store, name: NameField, old: String) {
    if !name.is_busy.get_untracked() {
        store.list.renaming.set(None);
        dom::show_row(old, true);
    }
}

fn send(store: Store, toasts: Toasts, name: NameField, old: String) {
    if name.status.get_untracked() == NameStatus::Unchanged {
        close(store, name, old);
        return;
    }
    let current = old.clone();
    let request = move |new: String| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move { client::rename(&current, &new).await })
    };
    let done = move |_: &str, renamed: Saved| {
        toasts.done(renamed.message, Some(renamed.project_path.clone()));
        store.renamed(&old, renamed.project_name, renamed.project_path);
    };
    name.submit(Box::new(request), Box::new(done));
}
