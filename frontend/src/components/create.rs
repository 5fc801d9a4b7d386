//! Form that creates a project.

use std::pin::Pin;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::boxed::{effect, memo, optional_view, submit, text};
use crate::client::{self, Saved};
use crate::components::name_form::{NameNote, name_input, submit_button};
use crate::components::tree::Tree;
use crate::dom;
use crate::name_field::{Action, NameField};
use crate::store::Store;
use crate::toast::Toasts;

const FIELD: &str = "create-name";

/// The form, and a preview of the project.
#[component]
pub fn Create(is_empty: Memo<bool>) -> impl IntoView {
    let store = expect_context::<Store>();
    let toasts = expect_context::<Toasts>();
    let name = NameField::new(store, FIELD, None);
    let adoptable = Memo::new(move |_| name.adoptable());
    let is_checked = RwSignal::new(false);
    let adopts = memo(move || is_checked.get() && adoptable.read().is_some());
    let title = text(move || {
        if is_empty.get() {
            "Name your first project"
        } else {
            "Name a new project"
        }
    });
    let on_submit = submit(move || send(store, toasts, name, adopts.get_untracked()));
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            name.set(String::new());
        }
    };
    let labels = move || match adopts.get() {
        true => ["Rename project", "Renaming…"],
        false => ["Create project", "Creating…"],
    };
    let lead = Signal::derive(move || if adopts.get() { "Becomes" } else { "Creates" });
    // An empty workspace offers only this form, so that it takes the focus.
    effect(move || {
        if is_empty.get() && dom::is_nothing_focused() {
            dom::focus(FIELD, false);
        }
    });
    view! {
        <section class="create" aria-labelledby="create-title">
            <h2 id="create-title"><label for=FIELD>{title}</label></h2>
            <form novalidate autocomplete="off" on:submit=on_submit on:keydown=on_key>
                <div class="create-line">
                    {name_input(name, "create")}
                    {submit_button(name, "create", labels)}
                </div>
                <NameNote name form="create" lead/>
                {optional_view(move || adoptable.get().map(|default| adopt_option(default, is_checked)))}
            </form>
            <Tree name=name.text/>
        </section>
    }
}

/// Offer to rename the pristine default project.
fn adopt_option(default: String, is_checked: RwSignal<bool>) -> AnyView {
    view! {
        <label class="adopt" data-testid="adopt">
            <input
                type="checkbox"
                prop:checked=is_checked
                on:change:target=move |event| is_checked.set(event.target().checked())
            />
            <span>
                "Rename the unchanged project " <code>{default}</code>
                " instead of creating a second one."
            </span>
        </label>
    }
    .into_any()
}

fn send(store: Store, toasts: Toasts, name: NameField, adopts: bool) {
    let request = move |text: String, key: String| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move { client::create(&text, adopts, &key).await })
    };
    let done = move |text: &str, created: Saved| {
        // Text that was typed during the request stays.
        if name.name() == text {
            name.set(String::new());
        }
        toasts.done(created.message, Some(created.project_path));
        store.created(created.project_name);
    };
    name.submit(Action {
        request: Box::new(request),
        done: Box::new(done),
        refused: Box::new(|_| ()),
    });
}
