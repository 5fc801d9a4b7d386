//! Short messages about what was just done.

use std::sync::atomic::{AtomicU32, Ordering};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

static LAST: AtomicU32 = AtomicU32::new(0);
/// Milliseconds that good news stays.
const STAYS: u32 = 10_000;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Tells messages apart.
    pub id: u32,
    /// What happened.
    pub text: String,
    /// The folder it is about.
    pub path: Option<String>,
    /// Whether something failed; such a message stays until it is dismissed.
    pub is_error: bool,
}

/// The messages on the page.
#[derive(Clone, Copy)]
pub struct Toasts {
    /// Oldest first.
    pub list: RwSignal<Vec<Toast>>,
    /// Whether someone is reading them, so that none may go.
    pub is_held: RwSignal<bool>,
}

impl Toasts {
    /// No messages.
    pub fn new() -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            is_held: RwSignal::new(false),
        }
    }

    /// Says that something was done, about a folder.
    pub fn done(self, text: String, path: Option<String>) {
        let id = self.push(text, path, false);
        self.expire(id);
    }

    /// Says that something failed.
    pub fn failed(self, text: &str) {
        self.push(text.to_owned(), None, true);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
        self.is_held.set(false);
    }

    fn push(self, text: String, path: Option<String>, is_error: bool) -> u32 {
        let id = LAST.fetch_add(1, Ordering::Relaxed);
        self.list.update(|list| {
            // The latest good news is enough: a stack of them would cover the list.
            list.retain(|toast| toast.text != text && (is_error || toast.is_error));
            list.push(Toast {
                id,
                text,
                path,
                is_error,
            });
        });
        id
    }

    fn expire(self, id: u32) {
        Timeout::new(STAYS, move || match self.is_held.get_untracked() {
            true => self.expire(id),
            false => self.list.update(|list| list.retain(|toast| toast.id != id)),
        })
        .forget();
    }
}
