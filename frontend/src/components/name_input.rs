//! What the two forms for names have in common: the field and the button beside it.

use leptos::prelude::*;

use crate::live::{text, word};
use crate::naming::{NameField, Verdict};

/// A field for a name.
pub fn name_input(name: NameField, id: &'static str, note: &'static str) -> AnyView {
    let is_wrong = move || match &*name.verdict.read() {
        Verdict::Wrong(problem) => !problem.is_unfinished,
        _ => false,
    };
    view! {
        <input
            id=id
            class="name-input"
            data-testid=id
            type="text"
            placeholder="MyCharacter"
            autocapitalize="off"
            spellcheck="false"
            enterkeyhint="go"
            aria-describedby=note
            aria-invalid=word(is_wrong)
            prop:value=name.text
            on:input:target=move |event| name.set(event.target().value())
        />
    }
    .into_any()
}

/// A button that sends a name: what it says, and what it says meanwhile.
pub fn submit_button(name: NameField, id: &'static str, says: [&'static str; 2]) -> AnyView {
    view! {
        <button
            class="primary"
            type="submit"
            data-testid=id
            aria-disabled=word(move || !name.may_submit())
            class:is-busy=name.is_busy
        >
            {text(move || says[usize::from(name.is_busy.get())])}
        </button>
    }
    .into_any()
}
