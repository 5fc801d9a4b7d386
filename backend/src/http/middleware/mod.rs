//! Checks and headers that apply to many routes.

pub mod auth;
pub mod cross_site;
pub mod headers;
pub mod host;
pub mod timeout;
pub mod trace;
