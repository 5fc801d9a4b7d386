//! Search and order of the list in the page's address.

use leptos::prelude::window;
use podslate_shared::api::Sort;
use web_sys::js_sys::{decode_uri_component, encode_uri_component};
use web_sys::wasm_bindgen::JsValue;

use crate::client::sort_word;

const SORTS: [Sort; 3] = [Sort::Name, Sort::Modified, Sort::Created];

/// Search and order in the address.
pub fn read() -> (String, Sort) {
    parse(&window().location().search().unwrap_or_default())
}

/// Puts search and order into the address, on request as a step that the browser can go back.
pub fn write(q: &str, sort: Sort, is_step: bool) {
    let location = window().location();
    let address = location.pathname().unwrap_or_default() + &query(q, sort);
    let Ok(history) = window().history() else {
        return;
    };
    // Browsers refuse many changes in a short time; the next one brings the address up to date.
    let _ = if is_step {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
    };
}

fn query(q: &str, sort: Sort) -> String {
    let mut parts = Vec::new();
    if !q.is_empty() {
        parts.push(format!("q={}", String::from(encode_uri_component(q))));
    }
    if sort != Sort::default() {
        parts.push(format!("sort={}", sort_word(sort)));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("?{}", parts.join("&")),
    }
}

fn parse(query: &str) -> (String, Sort) {
    let (mut q, mut sort) = (String::new(), Sort::default());
    for part in query.trim_start_matches('?').split('&') {
        match part.split_once('=') {
            Some(("q", text)) => {
                let text = text.replace('+', " ");
                q = decode_uri_component(&text).map_or(text, String::from);
            }
            Some(("sort", word)) => {
                let known = SORTS.into_iter().find(|sort| sort_word(*sort) == word);
                sort = known.unwrap_or_default();
            }
            _ => {}
        }
    }
    (q, sort)
}
