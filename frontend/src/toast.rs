//! Short messages about the results of actions.

use std::sync::atomic::{AtomicU32, Ordering};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;

static NEXT_ID: AtomicU32 = AtomicU32::new(0);
/// Time after which the message of a success disappears, in milliseconds.
const LIFETIME: u32 = 10_000;

/// Message.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u32,
    pub text: String,
    /// Folder that the message is about.
    pub path: Option<String>,
    /// Whether an action failed; such a message stays until it is dismissed.
    pub is_error: bool,
}

/// Messages on the page.
#[derive(Clone, Copy, Default)]
pub struct Toasts {
    /// Messages, oldest first.
    pub list: RwSignal<Vec<Toast>>,
    /// Whether the pointer is on the messages, so that none may disappear.
    pub is_held: RwSignal<bool>,
}

impl Toasts {
    /// Shows that an action succeeded, with the folder it is about.
    pub fn done(self, text: String, path: Option<String>) {
        let id = self.push(text, path, false);
        self.expire(id);
    }

    /// Shows that an action failed.
    pub fn failed(self, text: String) {
        self.push(text, None, true);
    }

    /// Removes a message on request.
    pub fn dismiss(self, id: u32) {
        self.remove(id);
        self.is_held.set(false);
    }

    fn push(self, text: String, path: Option<String>, is_error: bool) -> u32 {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self.list.update(|list| {
            // Only the last success stays: several would cover the list of projects.
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
        let check = move || {
            if self.is_held.get_untracked() {
                self.expire(id);
            } else {
                self.remove(id);
            }
        };
        Timeout::new(LIFETIME, check).forget();
    }

    fn remove(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }
}
