//! The page as a whole: its parts, and the events of the window.

use gloo_timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use podslate_shared::host_path;

use crate::boxed::{effect, memo, optional_view};
use crate::components::create::Create;
use crate::components::header::{Footer, Header};
use crate::components::pipeline::PipelinePanel;
use crate::components::projects::Projects;
use crate::components::stages::grouped;
use crate::components::states::{Banner, TokenForm};
use crate::components::toasts::ToastStack;
use crate::dom;
use crate::pipeline_store::PipelineStore;
use crate::store::{Connection, Store};
use crate::toast::Toasts;

/// Time after which relative times are computed again, in milliseconds.
const CLOCK_INTERVAL: u32 = 15_000;

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let store = Store::default();
    provide_context(store);
    let toasts = Toasts::default();
    provide_context(toasts);
    provide_context(PipelineStore::new(store, toasts));
    follow_page(store);
    listen_for_search_key();
    follow_title(store);
    effect(move || {
        if let Some(name) = store.list.gone.get() {
            toasts.failed(format!("{name} is no longer in the workspace."));
        }
    });
    let is_locked = memo(move || *store.connection.read() == Connection::Unauthorized);
    let is_empty = memo(move || store.is_empty());
    view! {
        <a class="skip" href="#main">"Skip to the projects"</a>
        <Header/>
        <Banner/>
        <main id="main" tabindex="-1" class:is-empty=is_empty>
            {optional_view(move || is_locked.get().then(|| view! { <TokenForm/> }.into_any()))}
            // Hidden instead of removed, so that text that was typed is kept.
            <div class="work" hidden=is_locked>
                <Create is_empty/>
                <PipelinePanel/>
            </div>
            {optional_view(move || (!is_locked.get()).then(|| view! { <Projects is_empty/> }.into_any()))}
        </main>
        <Footer/>
        <ToastStack/>
    }
}

/// Follows what happens to the page: its visibility, its address, scrolling, and time.
fn follow_page(store: Store) {
    window_event_listener_untyped("visibilitychange", move |_| {
        if dom::is_visible() {
            store.resume();
        } else {
            store.pause();
        }
    });
    for event in ["focus", "online"] {
        window_event_listener_untyped(event, move |_| {
            if dom::is_visible() && !store.is_streaming() {
                store.refresh();
            }
        });
    }
    window_event_listener(ev::hashchange, move |_| {
        if let Some(token) = dom::take_token() {
            store.sign_in(token);
        }
    });
    window_event_listener(ev::popstate, move |_| store.restore());
    store.read_address();
    store.list.follow_view(move || store.load());
    follow_time(store);
    match dom::take_token() {
        Some(token) => store.sign_in(token),
        None => store.refresh(),
    }
}

/// Keeps the title of the page true: it names the page among the tabs of a browser.
fn follow_title(store: Store) {
    effect(move || {
        let title = match title(store) {
            Some(title) => format!("{title} – podslate"),
            None => "podslate".to_owned(),
        };
        document().set_title(&title);
    });
}

fn title(store: Store) -> Option<String> {
    match *store.connection.read() {
        Connection::Unauthorized => return Some("Sign in".to_owned()),
        Connection::Unreachable => return Some("No response".to_owned()),
        _ => {}
    }
    let info = store.list.info.read();
    let info = info.as_ref()?;
    let plural = if info.count == 1 { "" } else { "s" };
    let count = format!("{} project{plural}", grouped(info.count as u64));
    if let Some(q) = &info.q {
        return Some(format!("“{}”: {count}", q.trim()));
    }
    let health = store.health.read();
    let workspace = health.as_ref().map(|health| health.workspace.as_str());
    let folder = workspace.and_then(|path| host_path::names(path).find(|name| !name.is_empty()));
    Some(folder.map_or(count.clone(), |folder| format!("{count} in {folder}")))
}

fn follow_time(store: Store) {
    let tick = move || {
        store.tick();
        follow_time(store);
    };
    Timeout::new(CLOCK_INTERVAL, tick).forget();
}

/// Lets the key `/` focus the search field, except where it is typed as text.
fn listen_for_search_key() {
    window_event_listener(ev::keydown, |event| {
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "/" && is_plain && !dom::is_typing() {
            event.prevent_default();
            dom::focus("search", true);
        }
    });
}
