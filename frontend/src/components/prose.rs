//! Sentences for people as views.

use leptos::prelude::*;
use podslate_shared::ErrorBody;

/// Sentence with its parts between backticks as code.
pub fn prose(sentence: &str) -> AnyView {
    let part = |(index, text): (usize, &str)| {
        let text = text.to_owned();
        if index % 2 == 0 {
            text.into_any()
        } else {
            view! { <code>{text}</code> }.into_any()
        }
    };
    let parts = sentence.split('`').enumerate().map(part);
    parts.collect_view().into_any()
}

/// Error and its hint.
pub fn error_prose(error: &ErrorBody) -> AnyView {
    view! { {prose(&error.error)} " " {error.hint.as_deref().map(prose)} }.into_any()
}
