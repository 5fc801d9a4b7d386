//! What the page says when there is no list to show, or not a current one.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use podslate_shared::ErrorBody;
use podslate_shared::layout::STAGES;

use crate::components::icon::{ERROR, WARNING, icon};
use crate::components::name_note::prose;
use crate::components::stages::title;
use crate::dom;
use crate::live::{click, live};
use crate::state::{Connection, Store};

/// Says above everything that what is below is not current, and why.
#[component]
pub fn Banner() -> impl IntoView {
    let store = expect_context::<Store>();
    let said = live(move || match store.connection.get() {
        Connection::Unreachable => banner(store, None),
        // Without a list the error has the list's place.
        Connection::Failing(error) if store.answered.read().is_some() => banner(store, Some(error)),
        _ => ().into_any(),
    });
    view! {
        <div class="banner-place" role="status">{said}</div>
    }
}

/// Grey rows until the first answer.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" data-testid="loading">
            <p class="hidden">"Loading the projects…"</p>
            <div aria-hidden="true">
                {(0..5).map(|_| view! { <div class="skeleton-row"><i></i><i></i><i></i></div> })
                    .collect_view()}
            </div>
        </div>
    }
}

/// A workspace without projects.
#[component]
pub fn Empty() -> impl IntoView {
    let steps = STAGES.map(|stage| view! { <li>{title(stage.folder)}</li> });
    view! {
        <div class="empty" data-testid="empty-state">
            <ol class="empty-steps" aria-label="Pipeline stages">{steps}</ol>
            <p class="empty-title">"No projects in this workspace yet"</p>
            <p>
                "Type a name above and press Enter. The project gets a folder for every stage of \
                 the pipeline and a configuration under its name. It then shows up here, and how \
                 far it is."
            </p>
        </div>
    }
}

/// A search that finds nothing.
#[component]
pub fn NoMatch() -> impl IntoView {
    let store = expect_context::<Store>();
    let clear = click(move || {
        store.search(String::new());
        dom::focus("search", false);
    });
    view! {
        <div class="panel" data-testid="no-match">
            <p class="panel-title">"No project’s name contains “" {store.q} "”"</p>
            <button type="button" on:click=clear>"Clear the search"</button>
        </div>
    }
}

/// The workspace cannot be listed, and never could.
#[component]
pub fn Failed() -> impl IntoView {
    let store = expect_context::<Store>();
    let error = live(move || match store.connection.get() {
        Connection::Failing(error) => view! {
            <p class="panel-title">{icon(ERROR)} <span>{prose(&error.error)}</span></p>
            <p>{error.hint.as_deref().map(prose)}</p>
        }
        .into_any(),
        _ => ().into_any(),
    });
    view! {
        <div class="panel is-error" data-testid="error-state" role="alert">
            {error}
            <button type="button" on:click=click(move || store.refresh())>"Try again"</button>
        </div>
    }
}

/// Asks for the token.
#[component]
pub fn TokenForm() -> impl IntoView {
    let store = expect_context::<Store>();
    let token = RwSignal::new(String::new());
    Effect::new(|_| {
        if dom::is_nothing_focused() {
            dom::focus("token", false);
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let token = token.get_untracked().trim().to_owned();
        if !token.is_empty() {
            store.authorize(token);
        }
    };
    view! {
        <section class="panel" data-testid="unauthorized" aria-labelledby="token-title">
            <h2 class="panel-title" id="token-title">"This pod asks for a token"</h2>
            <p id="token-hint">
                "The server printed it when it started; the address printed there contains it \
                 too. This browser is then signed in for twelve hours, or until you sign out."
            </p>
            <div role="alert">
                {live(move || match store.rejection.get() {
                    Some(sentence) => rejected(&sentence),
                    None => ().into_any(),
                })}
            </div>
            <form class="token" on:submit=on_submit>
                <label for="token">"Token"</label>
                <input
                    id="token"
                    data-testid="token-input"
                    type="password"
                    autocomplete="current-password"
                    spellcheck="false"
                    aria-describedby="token-hint"
                    prop:value=token
                    on:input:target=move |event| token.set(event.target().value())
                />
                <button class="primary" type="submit" data-testid="token-submit">"Open"</button>
            </form>
        </section>
    }
}

fn rejected(sentence: &str) -> AnyView {
    view! {
        <p class="wrong" data-testid="token-error">
            {icon(ERROR)} <span>{prose(sentence)}</span>
        </p>
    }
    .into_any()
}

fn banner(store: Store, error: Option<ErrorBody>) -> AnyView {
    let (id, sentence, hint) = match error {
        Some(error) => ("banner-error", error.error, error.hint),
        None => (
            "banner-unreachable",
            "The pod does not answer; trying again.".to_owned(),
            Some("The list may be out of date, and what you type is kept.".to_owned()),
        ),
    };
    view! {
        <div class="banner" data-testid=id>
            {icon(WARNING)}
            <p><strong>{prose(&sentence)}</strong> " " {hint.as_deref().map(prose)}</p>
            <button type="button" on:click=click(move || store.refresh())>"Try now"</button>
        </div>
    }
    .into_any()
}
