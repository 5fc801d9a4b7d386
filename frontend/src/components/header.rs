//! Header and footer: workspace, connection, shortcuts and version.

use leptos::prelude::*;

use crate::boxed::{click, condition, memo, optional_view, text};
use crate::components::icon::Logo;
use crate::store::{Connection, Store};

/// Name of the program, workspace and connection.
#[component]
pub fn Header() -> impl IntoView {
    let store = expect_context::<Store>();
    let workspace = move || store.health.get().map(|health| health.workspace);
    view! {
        <header class="top">
            <div class="top-line">
                <h1 class="brand"><Logo/> "podslate"</h1>
                <p class="workspace" data-testid="workspace">
                    {optional_view(move || workspace().map(|path| view! {
                        <span class="hidden">"Workspace: "</span>
                        <code title=path.clone()>{path.clone()}</code>
                    }.into_any()))}
                </p>
                <p class="connection" data-testid="connection"
                    data-state=text(move || connection(store).0)>
                    <span class="connection-light" aria-hidden="true"></span>
                    {text(move || connection(store).1)}
                </p>
                {optional_view(move || store.is_signed_in.get().then(|| view! {
                    <button type="button" class="link" data-testid="sign-out"
                        on:click=click(move || store.sign_out())>"Sign out"</button>
                }.into_any()))}
            </div>
        </header>
    }
}

/// Shortcuts and version.
#[component]
pub fn Footer() -> impl IntoView {
    let store = expect_context::<Store>();
    let has_list = memo(move || {
        let is_locked = *store.connection.read() == Connection::Unauthorized;
        !is_locked && !store.is_empty() && store.list.info.read().is_some()
    });
    let version = text(move || match &*store.health.read() {
        Some(health) => format!("podslate {}", health.version),
        None => String::new(),
    });
    view! {
        <footer class="bottom">
            <dl class="keys" aria-label="Keyboard shortcuts">
                <div hidden=condition(move || !has_list.get())>
                    <dt><kbd>"/"</kbd></dt><dd>"search"</dd>
                </div>
                <div><dt><kbd>"Enter"</kbd></dt><dd>"create or save"</dd></div>
                <div hidden=condition(move || !has_list.get())>
                    <dt><kbd>"F2"</kbd></dt><dd>"rename the focused project"</dd>
                </div>
                <div><dt><kbd>"Esc"</kbd></dt><dd>"cancel or clear"</dd></div>
            </dl>
            <p>{version}</p>
        </footer>
    }
}

/// State of the connection for style sheets, and for people.
fn connection(store: Store) -> (&'static str, &'static str) {
    match *store.connection.read() {
        Connection::Connecting => ("connecting", "Connecting…"),
        Connection::Online => ("online", "Connected"),
        Connection::Unreachable => ("unreachable", "No response"),
        Connection::Unauthorized if store.has_expired.get() => ("unauthorized", "Signed out"),
        Connection::Unauthorized => ("unauthorized", "Token required"),
        Connection::Failing(_) => ("failing", "Workspace error"),
    }
}
