//! What stands above and below the work: where this is, whether it answers, how to be quick.

use leptos::prelude::*;

use crate::components::icon::Logo;
use crate::live::{click, live, text};
use crate::state::{Connection, Store};

/// The name, the workspace and the connection.
#[component]
pub fn Header() -> impl IntoView {
    let store = expect_context::<Store>();
    let workspace = move || store.health.get().map(|health| health.workspace);
    view! {
        <header class="top">
            <div class="top-line">
                <h1 class="brand"><Logo/> "podslate"</h1>
                <p class="workspace" data-testid="workspace">
                    {live(move || workspace().map(|path| view! {
                        <span class="hidden">"Workspace: "</span>
                        <code title=path.clone()>{path.clone()}</code>
                    }).into_any())}
                </p>
                <p class="connection" data-testid="connection" data-state=text(move || word(store).0)>
                    <span class="connection-light" aria-hidden="true"></span>
                    {text(move || word(store).1)}
                </p>
                {live(move || match store.is_signed_in.get() {
                    true => view! {
                        <button type="button" class="link" data-testid="sign-out"
                            on:click=click(move || store.sign_out())>"Sign out"</button>
                    }.into_any(),
                    false => ().into_any(),
                })}
            </div>
        </header>
    }
}

/// Keys and version.
#[component]
pub fn Footer() -> impl IntoView {
    let store = expect_context::<Store>();
    let version = text(move || match &*store.health.read() {
        Some(health) => format!("podslate {}", health.version),
        None => String::new(),
    });
    view! {
        <footer class="bottom">
            <dl class="keys" aria-label="Keyboard shortcuts">
                <div><dt><kbd>"/"</kbd></dt><dd>"search"</dd></div>
                <div><dt><kbd>"Enter"</kbd></dt><dd>"create or save"</dd></div>
                <div><dt><kbd>"F2"</kbd></dt><dd>"rename the focused project"</dd></div>
                <div><dt><kbd>"Esc"</kbd></dt><dd>"cancel or clear"</dd></div>
            </dl>
            <p>{version}</p>
        </footer>
    }
}

fn word(store: Store) -> (&'static str, &'static str) {
    match *store.connection.read() {
        Connection::Connecting => ("connecting", "Connecting…"),
        Connection::Online => ("online", "Connected"),
        Connection::Unreachable => ("unreachable", "No answer"),
        Connection::Unauthorized => ("unauthorized", "Token needed"),
        Connection::Failing(_) => ("failing", "Workspace error"),
    }
}
