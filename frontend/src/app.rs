//! The page as a whole.

use leptos::ev;
use leptos::prelude::*;

use crate::components::create::Create;
use crate::components::header::{Footer, Header};
use crate::components::pipeline::PipelinePanel;
use crate::components::projects::Projects;
use crate::components::states::{Banner, TokenForm};
use crate::components::toasts::ToastStack;
use crate::dom;
use crate::live::live;
use crate::pipeline::PipelineStore;
use crate::state::{Connection, Store};
use crate::toast::Toasts;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let store = Store::new();
    provide_context(store);
    let toasts = Toasts::new();
    provide_context(toasts);
    provide_context(PipelineStore::new(store, toasts));
    keep_up(store);
    let is_locked = Memo::new(move |_| *store.connection.read() == Connection::Unauthorized);
    let is_empty = Memo::new(move |_| is_empty(store));
    view! {
        <a class="skip" href="#main">"Skip to the projects"</a>
        <Header/>
        <Banner/>
        <main id="main" tabindex="-1" class:is-empty=is_empty>
            {live(move || match is_locked.get() {
                true => view! { <TokenForm/> }.into_any(),
                false => ().into_any(),
            })}
            <Create is_empty/>
            <PipelinePanel/>
            {live(move || match is_locked.get() {
                true => ().into_any(),
                false => view! { <Projects is_empty/> }.into_any(),
            })}
        </main>
        <Footer/>
        <ToastStack/>
    }
}

/// Whether the workspace is known to have no projects.
fn is_empty(store: Store) -> bool {
    store
        .answered
        .read()
        .as_ref()
        .is_some_and(|answered| answered.query.q.is_none() && answered.count == 0)
        && store.rows.read().is_empty()
}

/// Looks at the workspace as soon as someone looks at the page, and regularly while they do.
fn keep_up(store: Store) {
    let look = move || {
        if dom::is_visible() {
            store.refresh();
        }
    };
    for event in ["visibilitychange", "focus", "online"] {
        let handle = window_event_listener_untyped(event, move |_| look());
        on_cleanup(move || handle.remove());
    }
    let keys = window_event_listener(ev::keydown, move |event| {
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "/" && is_plain && !dom::is_typing() {
            event.prevent_default();
            dom::focus("search", true);
        }
    });
    let token = window_event_listener(ev::hashchange, move |_| {
        if let Some(token) = dom::take_token() {
            store.authorize(token);
        }
    });
    on_cleanup(move || {
        keys.remove();
        token.remove();
    });
    match dom::take_token() {
        Some(token) => store.authorize(token),
        None => store.refresh(),
    }
}
