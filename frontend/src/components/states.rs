//! Views for a list that is missing or not current: banner, placeholder, empty, error, token form.

use leptos::prelude::*;
use podslate_shared::layout::STAGES;

use crate::boxed::{click, effect, optional_view, submit, text};
use crate::client::RequestError;
use crate::components::icon::{ERROR, WARNING, icon};
use crate::components::prose::{error_prose, prose};
use crate::components::stages::title;
use crate::dom;
use crate::store::{Connection, Store};

/// Banner above a list that is not current, with the reason.
#[component]
pub fn Banner() -> impl IntoView {
    let store = expect_context::<Store>();
    let content = optional_view(move || match store.connection.get() {
        Connection::Unreachable => {
            let text = view! {
                <strong>"The server is not responding; trying to reconnect."</strong>
                " The list may be out of date. Text that you type is kept."
            };
            Some(banner(store, "banner-unreachable", text.into_any()))
        }
        // Without a list, the error takes its place instead.
        Connection::Failing(error) if store.list.info.read().is_some() => {
            let hint = error.hint.as_deref().map(prose);
            let text = view! { <strong>{prose(&error.error)}</strong> " " {hint} };
            Some(banner(store, "banner-error", text.into_any()))
        }
        _ => None,
    });
    view! {
        <div class="banner-area" role="status">{content}</div>
    }
}

fn banner(store: Store, id: &'static str, text: AnyView) -> AnyView {
    view! {
        <div class="banner" data-testid=id>
            {icon(WARNING)}
            <p>{text}</p>
            <button type="button" on:click=click(move || store.refresh())>"Try now"</button>
        </div>
    }
    .into_any()
}

/// Gray rows until the first response.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" data-testid="loading">
            <p class="hidden">"Loading projects…"</p>
            <div aria-hidden="true">
                {(0..5).map(|_| view! { <div class="skeleton-row"><i></i><i></i><i></i></div> })
                    .collect_view()}
            </div>
        </div>
    }
}

/// Workspace without projects.
#[component]
pub fn Empty() -> impl IntoView {
    let steps = STAGES.map(|stage| view! { <li>{title(stage.folder)}</li> });
    view! {
        <div class="empty" data-testid="empty-state">
            <ol class="empty-steps" aria-label="Pipeline stages">{steps}</ol>
            <p class="empty-title">"No projects in this workspace yet"</p>
            <p>
                "Type a name above and press Enter. This creates a folder for every stage of \
                 the pipeline and a configuration with that name. The project and its progress \
                 then appear here."
            </p>
        </div>
    }
}

/// Search without a match.
#[component]
pub fn NoMatch() -> impl IntoView {
    let store = expect_context::<Store>();
    let q = text(move || {
        let info = store.list.info.read();
        info.as_ref()
            .and_then(|info| info.q.clone())
            .unwrap_or_default()
    });
    let clear = click(move || {
        store.search(String::new());
        dom::focus("search", false);
    });
    view! {
        <div class="panel" data-testid="no-match">
            <p class="panel-title">"No project name contains “" {q} "”"</p>
            <button type="button" on:click=clear>"Clear search"</button>
        </div>
    }
}

/// Error of a workspace that could not be listed even once.
#[component]
pub fn Failed() -> impl IntoView {
    let store = expect_context::<Store>();
    let error = optional_view(move || match store.connection.get() {
        Connection::Failing(error) => Some(
            view! {
                <p class="panel-title">{icon(ERROR)} <span>{prose(&error.error)}</span></p>
                <p>{error.hint.as_deref().map(prose)}</p>
            }
            .into_any(),
        ),
        _ => None,
    });
    view! {
        <div class="panel is-error" data-testid="error-state" role="alert">
            {error}
            <button type="button" on:click=click(move || store.refresh())>"Try again"</button>
        </div>
    }
}

/// Form for the token.
#[component]
pub fn TokenForm() -> impl IntoView {
    let store = expect_context::<Store>();
    let token = RwSignal::new(String::new());
    // The field that had the focus is hidden now.
    effect(|| dom::focus("token", false));
    let on_submit = submit(move || {
        let token = token.get_untracked().trim().to_owned();
        if !token.is_empty() {
            store.sign_in(token);
        }
    });
    view! {
        <section class="panel" data-testid="unauthorized" aria-labelledby="token-title">
            <h2 class="panel-title" id="token-title">
                {text(move || match store.has_expired.get() {
                    true => "Your session has ended",
                    false => "This server requires a token",
                })}
            </h2>
            <p id="token-hint">
                {text(move || match store.has_expired.get() {
                    true => "Sign in again to continue; what you typed is kept. ",
                    false => "",
                })}
                "If the server generated the token, the address that it printed contains it. \
                 Signing in lasts for twelve hours, or until you sign out."
            </p>
            <div role="alert">{optional_view(move || store.login_error.get().and_then(login_error))}</div>
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
                <button class="primary" type="submit" data-testid="token-submit">"Sign in"</button>
            </form>
        </section>
    }
}

fn login_error(error: RequestError) -> Option<AnyView> {
    let sentence = match error {
        RequestError::Refused(error) => error_prose(&error),
        RequestError::Unauthorized => prose("This token is wrong. Check it and try again."),
        // The banner explains it.
        RequestError::Unreachable => return None,
    };
    let view = view! {
        <p class="error" data-testid="token-error">{icon(ERROR)} <span>{sentence}</span></p>
    };
    Some(view.into_any())
}
