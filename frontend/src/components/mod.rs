//! Parts of the page.

pub mod create;
pub mod header;
pub mod icon;
pub mod log;
pub mod name_form;
pub mod pipeline;
pub mod project_row;
pub mod projects;
pub mod prose;
pub mod rename;
pub mod row_list;
pub mod search;
pub mod stages;
pub mod states;
pub mod toasts;
pub mod tree;
