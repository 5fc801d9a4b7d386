//! What the page asks of the browser besides showing elements.

use leptos::prelude::{document, request_animation_frame, window};
use web_sys::js_sys::futures::JsFuture;
use web_sys::js_sys::{Reflect, decode_uri_component};
use web_sys::wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, HtmlDocument, HtmlElement, HtmlInputElement, ScrollIntoViewOptions,
    ScrollLogicalPosition, VisibilityState,
};

const TOKEN_FRAGMENT: &str = "#token=";

/// Whether someone can see the page.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Whether nothing in particular has the focus.
pub fn is_nothing_focused() -> bool {
    match document().active_element() {
        Some(element) => element.tag_name() == "BODY",
        None => true,
    }
}

/// Whether the focus is where keys become text.
pub fn is_typing() -> bool {
    let focused = document()
        .active_element()
        .map(|element| element.tag_name());
    focused.is_some_and(|tag| matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// Gives the focus to the element with an id, and selects its text if asked.
pub fn focus(id: &str, select: bool) {
    let Some(element) = document().get_element_by_id(id) else {
        return;
    };
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // Fails for elements that are gone, which then need no focus.
        let _ = element.focus();
    }
    if let (true, Some(input)) = (select, element.dyn_ref::<HtmlInputElement>()) {
        input.select();
    }
}

/// Brings a project's row into view once it is drawn, and the focus to its renaming if asked and
/// if nothing else has it by then.
pub fn show_row(name: String, focus: bool) {
    request_animation_frame(move || {
        let Some(row) = find_row(&name) else {
            return;
        };
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
        let button = row.query_selector("[data-testid=rename-start]");
        if let (true, Ok(Some(button))) = (focus && is_nothing_focused(), button)
            && let Some(button) = button.dyn_ref::<HtmlElement>()
        {
            let _ = button.focus();
        }
    });
}

/// The token that the address brought. The address forgets it, so that nobody reads or shares it by
/// accident.
pub fn take_token() -> Option<String> {
    let location = window().location();
    let fragment = location.hash().unwrap_or_default();
    let token = fragment.strip_prefix(TOKEN_FRAGMENT)?;
    let address = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    Some(decode_uri_component(token).map_or_else(|_| token.to_owned(), String::from))
}

/// Copies a text; says whether that worked.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Browsers give a clipboard only to pages that came over HTTPS or from this machine.
    let has_clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .is_ok_and(|clipboard| !clipboard.is_undefined());
    if has_clipboard {
        let written = navigator.clipboard().write_text(text);
        return JsFuture::from(written).await.is_ok();
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document().dyn_into::<HtmlDocument>().ok()?;
    let before = document.active_element();
    let field: HtmlInputElement = document.create_element("input").ok()?.dyn_into().ok()?;
    field.set_value(text);
    document.body()?.append_child(&field).ok()?;
    field.select();
    let copied = document.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(before) = before.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = before.focus();
    }
    Some(copied)
}

fn find_row(name: &str) -> Option<Element> {
    let rows = document()
        .query_selector_all("[data-testid=project-row]")
        .ok()?;
    (0..rows.length())
        .filter_map(|index| rows.item(index)?.dyn_into::<Element>().ok())
        .find(|row| row.get_attribute("data-name").as_deref() == Some(name))
}
