//! The parts of the page.

pub mod create;
pub mod header;
pub mod icon;
pub mod name_input;
pub mod name_note;
pub mod pipeline;
pub mod project_row;
pub mod projects;
pub mod rename;
pub mod search;
pub mod stages;
pub mod states;
pub mod toasts;
pub mod tree;
