//! The replies that several operations have.

use std::time::Duration;

use fuser::{FileHandle, FopenFlags, ReplyAttr, ReplyEmpty, ReplyEntry, ReplyOpen};

use crate::attributes::Attributes;
use crate::backing::Result;

/// Sends a success without content, or an error.
pub fn send(reply: ReplyEmpty, result: Result<()>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

/// Sends the number of what was opened.
pub fn send_opened(reply: ReplyOpen, opened: Result<FileHandle>) {
    match opened {
        Ok(handle) => reply.opened(handle, FopenFlags::empty()),
        Err(error) => reply.error(error),
    }
}

/// Sends an entry that may be kept for `ttl`.
pub fn send_entry(ttl: &Duration, reply: ReplyEntry, entry: Result<Attributes>) {
    match entry {
        Ok(entry) => reply.entry(ttl, &entry.attr, entry.generation),
        Err(error) => reply.error(error),
    }
}

/// Sends attributes that may be kept for `ttl`.
pub fn send_attributes(ttl: &Duration, reply: ReplyAttr, attributes: Result<Attributes>) {
    match attributes {
        Ok(attributes) => reply.attr(ttl, &attributes.attr),
        Err(error) => reply.error(error),
    }
}
