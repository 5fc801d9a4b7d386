//! Renaming a project in its row.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::name_note::{NameNote, NoteIds};
use crate::dom;
use crate::naming::{NameField, Verdict};
use crate::state::Store;
use crate::toast::Toasts;

const IDS: NoteIds = NoteIds {
    field: "rename-input",
    note: "rename-note",
    error: "rename-error",
    path: "rename-path",
    lead: "Becomes",
};

/// The form in a row. Only one is open at a time.
#[component]
pub fn Rename(
    /// The project's name until now.
    old: String,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let name = NameField::new(store, Some(old.clone()));
    let label = format!("New name of {old}");
    let on_submit = {
        let old = old.clone();
        move |event| submit(&event, store, name, old.clone())
    };
    let on_key = {
        let old = old.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                close(store, name, &old);
            }
        }
    };
    let is_off = move || {
        let is_wrong = matches!(*name.verdict.read(), Verdict::Wrong(_) | Verdict::Blank);
        (is_wrong || name.is_busy.get() || !store.is_online()).to_string()
    };
    view! {
        <form class="rename" novalidate autocomplete="off" on:submit=on_submit on:keydown=on_key>
            <label class="hidden" for=IDS.field>{label}</label>
            <Field name/>
            <button
                class="primary"
                type="submit"
                data-testid="rename-submit"
                aria-disabled=is_off
                class:is-busy=name.is_busy
            >
                {move || if name.is_busy.get() { "Renaming…" } else { "Rename" }}
            </button>
            <button
                type="button"
                data-testid="rename-cancel"
                on:click=move |_| close(store, name, &old)
            >
                "Cancel"
            </button>
            <NameNote name ids=IDS/>
        </form>
    }
}

#[component]
fn Field(name: NameField) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if input.get().is_some() {
            dom::focus(IDS.field, true);
        }
    });
    let is_wrong = move || match name.verdict.get() {
        Verdict::Wrong(problem) if !problem.is_unfinished => "true",
        _ => "false",
    };
    view! {
        <input
            node_ref=input
            id=IDS.field
            class="name-input"
            data-testid="rename-input"
            type="text"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="done"
            aria-describedby=IDS.note
            aria-invalid=is_wrong
            prop:value=name.text
            on:input:target=move |event| name.set(event.target().value())
        />
    }
}

fn close(store: Store, name: NameField, old: &str) {
    if !name.is_busy.get_untracked() {
        store.renaming.set(None);
        dom::show_row(old.to_owned(), true);
    }
}

fn submit(event: &SubmitEvent, store: Store, name: NameField, old: String) {
    event.prevent_default();
    let toasts = expect_context::<Toasts>();
    if name.verdict.get_untracked() == Verdict::Unchanged {
        close(store, name, &old);
        return;
    }
    dom::focus(IDS.field, false);
    let Some(text) = name.submit() else {
        return;
    };
    spawn_local(async move {
        match store.client.rename(&old, &text).await {
            Ok(renamed) => {
                let said = format!("Renamed {} to {}", renamed.old_name, renamed.new_name);
                toasts.done(said, Some(renamed.project_path.clone()));
                store.renamed(&old, renamed.new_name, renamed.project_path);
            }
            Err(failure) => name.refused(text, failure),
        }
    });
}
