//! Checks and headers that apply to many routes.

pub mod access;
pub mod response;
pub mod trace;
