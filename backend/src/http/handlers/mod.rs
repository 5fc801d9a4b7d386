//! Handlers of the API's operations and of the page.

pub mod assets;
pub mod docs;
pub mod events;
pub mod health;
pub mod pipeline;
pub mod projects;
pub mod session;
