//! The form that makes a project.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::name_note::{NameNote, NoteIds};
use crate::components::tree::Tree;
use crate::dom;
use crate::naming::{self, NameField, Verdict};
use crate::state::Store;
use crate::toast::Toasts;

const IDS: NoteIds = NoteIds {
    field: "create-name",
    note: "create-note",
    error: "create-error",
    path: "create-path",
    lead: "Makes",
};

/// The form, and what it will make.
#[component]
pub fn Create(
    /// Whether this is the first project of the workspace.
    is_empty: Memo<bool>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let name = NameField::new(store, None);
    let title = move || match is_empty.get() {
        true => "Name your first project",
        false => "New project",
    };
    welcome(is_empty);
    view! {
        <section class="create" aria-labelledby="create-title">
            <h2 id="create-title">{title}</h2>
            <form novalidate autocomplete="off" on:submit=move |event| submit(&event, store, name)>
                <label for=IDS.field>"Project name"</label>
                <p class="rule" id="create-rule">{naming::rule()}</p>
                <div class="create-line">
                    <Field name/>
                    <Submit store name/>
                </div>
                <NameNote name ids=IDS/>
            </form>
            <Tree name=name.text/>
        </section>
    }
}

#[component]
fn Field(name: NameField) -> impl IntoView {
    let is_wrong = move || match name.verdict.get() {
        Verdict::Wrong(problem) if !problem.is_unfinished => "true",
        _ => "false",
    };
    view! {
        <input
            id=IDS.field
            class="name-input"
            data-testid="create-name"
            type="text"
            name="project-name"
            placeholder="MyCharacter"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="go"
            aria-describedby="create-rule create-note"
            aria-invalid=is_wrong
            prop:value=name.text
            on:input:target=move |event| name.set(event.target().value())
        />
    }
}

#[component]
fn Submit(store: Store, name: NameField) -> impl IntoView {
    let is_off = move || {
        let is_wrong = matches!(*name.verdict.read(), Verdict::Wrong(_));
        (is_wrong || name.is_busy.get() || !store.is_online()).to_string()
    };
    view! {
        <button
            class="primary"
            type="submit"
            data-testid="create-submit"
            aria-disabled=is_off
            class:is-busy=name.is_busy
        >
            {move || if name.is_busy.get() { "Creating…" } else { "Create project" }}
        </button>
    }
}

fn submit(event: &SubmitEvent, store: Store, name: NameField) {
    event.prevent_default();
    let toasts = expect_context::<Toasts>();
    dom::focus(IDS.field, false);
    let Some(text) = name.submit() else {
        return;
    };
    spawn_local(async move {
        match store.client.create(&text).await {
            Ok(created) => {
                name.is_busy.set(false);
                // Whoever typed on while the project was made keeps the new text.
                if name.text.get_untracked() == text {
                    name.set(String::new());
                }
                let said = format!("Created {}", created.project_name);
                toasts.done(said, Some(created.project_path.clone()));
                store.created(created.project_name, created.project_path);
            }
            Err(failure) => name.refused(text, failure),
        }
    });
}

/// In an empty workspace there is only one thing to do, so the focus waits there.
fn welcome(is_empty: Memo<bool>) {
    Effect::new(move |_| {
        if is_empty.get() && dom::is_nothing_focused() {
            dom::focus(IDS.field, false);
        }
    });
}
